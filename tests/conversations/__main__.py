"""`make conversations`: prints the page that shows all scripts."""

import sys

from tests.conversations.markdown_page import page
from tests.conversations.parser import read_all

sys.stdout.buffer.write(page(read_all()).encode())
