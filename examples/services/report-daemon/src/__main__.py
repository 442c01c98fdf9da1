print("report-daemon")
