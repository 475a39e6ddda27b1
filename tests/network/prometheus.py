#!/usr/bin/env python3
"""Checks standard input against the text format of Prometheus: what `promtool check metrics`
finds, without it. Says what is wrong, a line each; nothing when all is well.

https://prometheus.io/docs/instrumenting/exposition_formats/"""
import re
import sys

NAME = r'[a-z][a-z0-9]*(?:_[a-z0-9]+)*'
LABEL = rf'({NAME})="((?:[^"\\\n]|\\\\|\\"|\\n)*)"'
SAMPLE = re.compile(rf'({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\d+(?:\.\d+)?)')


def problems(text):
    if text and not text.endswith('\n'):
        yield 'no newline at the end'
    family, kind, helped, families, samples = None, None, None, set(), set()
    for line in text.splitlines():
        words = line.split(' ', 3)
        if line.startswith('# HELP '):
            helped = words[2]
            if len(words) < 4 or not words[3]:
                yield f'no help: {line}'
        elif line.startswith('# TYPE '):
            family, kind = words[2], words[3]
            if family in families:
                yield f'not contiguous: {family}'
            if helped != family:
                yield f'TYPE without HELP: {family}'
            if kind not in ('counter', 'gauge') or (kind == 'counter') != family.endswith('_total'):
                yield f'a {kind} called {family}'
            if family.endswith(('_count', '_sum', '_bucket')):
                yield f'a {kind} called like a part of a histogram: {family}'
            families.add(family)
        else:
            found = SAMPLE.fullmatch(line)
            if not found:
                yield f'no sample: {line}'
                continue
            if found[1] != family:
                yield f'a sample of {found[1]} below {family}'
            labels = [name for name, _ in re.findall(LABEL, found[2] or '')]
            if len(labels) != len(set(labels)):
                yield f'a label twice: {line}'
            series = line.rsplit(' ', 1)[0]
            if series in samples:
                yield f'twice: {series}'
            samples.add(series)


found = list(problems(sys.stdin.buffer.read().decode('utf-8', 'strict')))
print(*found, sep='\n', end='\n' if found else '')
sys.exit(1 if found else 0)
