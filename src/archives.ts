/** Tar archives of any size as what they have and another archive, their base, has not. */
export interface ArchiveDifferences {
  /** Writes the difference of an archive to a file. Gives its bytes, or undefined where they would be more than `most`. */
  make(
    base: { readonly path: string; readonly name: string },
    archive: string,
    to: string,
    most: number
  ): Promise<number | undefined>
  /** Name of the base that a difference was made from. Throws where the file is none. */
  baseOf(difference: string): Promise<string>
  /** Puts the archive together, byte by byte as it was. Throws where that is not what comes out. */
  apply(base: string, difference: string, to: string): Promise<void>
}
