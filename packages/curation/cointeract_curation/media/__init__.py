"""Video and audio in and out: decoding by timestamps, the 25 fps timeline, encoding through the ffmpeg program."""
