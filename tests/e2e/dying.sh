#!/bin/sh
# A sample of tests/soak/dying_guests.sh.
exec "$(dirname "$0")/../soak/dying_guests.sh" 8 7
