#!/bin/bash
# A console on a line of 9600 baud: typing, ^C, the pager, monitors. Needs python3.

. "$TOP/tests/console/box_of_rules.sh" slow_line 10000
