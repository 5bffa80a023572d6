"""How much one picture may be. Each limit keeps memory or time bounded; the error that it causes names it."""

MEBIBYTE = 1024 * 1024
#: The file as it is sent.
MOST_BYTES = 10 * MEBIBYTE
#: Width × height as the head of the file says, before anything is decoded.
MOST_PIXELS = 50_000_000
#: The decoder of WebP holds four copies of a picture.
MOST_WEBP_PIXELS = 25_000_000
#: A progressive JPEG has about ten; one of thousands keeps a processor busy for minutes.
MOST_SCANS = 50

#: The sides of what is stored, in pixels.
LONGEST_SIDE = 2048
THUMBNAIL_SIDE = 320
