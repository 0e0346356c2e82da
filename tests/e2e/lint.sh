#!/bin/sh
# The static checks, a test each.
exec tests/lint.sh
