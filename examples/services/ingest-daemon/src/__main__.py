print("ingest-daemon")
