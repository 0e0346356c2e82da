#!/bin/sh
# The static checks, as a test.
if tests/lint.sh; then echo "ok 1 - make lint"; else echo "not ok 1 - make lint"; fi
