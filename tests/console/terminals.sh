#!/bin/bash
# Consoles on stopped terminals, and places at the box: what the many, the silent and
# the slow may not do to others. Needs python3 for terminals and rude consoles.

. "$TOP/tests/console/box_of_rules.sh" terminals 300
