"""How much one file may hold. Each limit keeps memory or time bounded; the error that it causes names it."""

from datetime import timedelta

MEBIBYTE = 1024 * 1024
#: The file as it is stored: what a .gz holds counts, not the .gz.
MAX_FILE_BYTES = 512 * MEBIBYTE
PART_BYTES = MEBIBYTE
MAX_ROWS = 2_000_000
MAX_COLUMNS = 500
#: A record that runs over more lines has a quotation mark that nobody closed.
MAX_LINES_PER_RECORD = 500
MAX_LINE_BYTES = MEBIBYTE
#: Of a compressed file: no honest table is pressed together so much.
MAX_RATIO = 200

#: A workbook has to be read from its beginning each time that a worker takes it up.
MAX_WORKBOOK_ROWS = 300_000
MAX_WORKBOOK_BYTES = 64 * MEBIBYTE
MAX_WORKBOOK_INFLATED = 768 * MEBIBYTE
#: The texts of a workbook are held in memory all at once, and so is what else is no sheet; a sheet is read row by row.
MAX_SHARED_STRINGS = 24 * MEBIBYTE
MAX_SHARED_TAGS = 1_600_000
MAX_PART_BYTES = 16 * MEBIBYTE
MAX_PART_TAGS = 100_000
MAX_SHEET_ROW_BYTES = 2 * MEBIBYTE
MAX_WORKBOOK_ENTRIES = 2000

#: How long files and rows are kept; the record of the import itself stays.
KEPT_FOR = timedelta(days=90)
