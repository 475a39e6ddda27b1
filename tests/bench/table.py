"""Results as a table, line by line as they come, or as JSON at the end.

A result: name, what, unit, figure, to_reach (None: only told), faults; `least`: the figure is to be at
least that; mirrorsh and kernel (median, lowest, highest), others (by tool, lost)."""
import json
import statistics


def holds(result):
    """None: there is nothing to be held, or no figure."""
    if result.get('to_reach') is None or result['figure'] is None:
        return None
    if result.get('least'):
        return result['figure'] >= result['to_reach']
    return result['figure'] <= result['to_reach']


def by(result, values):
    """What the box takes of another's."""
    return result['mirrorsh']['median'] / values['median'] if values['median'] > 0 else None


def number(value):
    if value is None:
        return '-'
    return '%.0f' % value if abs(value) >= 100 else '%.1f' % value if abs(value) >= 10 else '%.2f' % value


def side(values):
    """A median and its spread."""
    if not values:
        return '-'
    return '%s (%s-%s)' % tuple(number(values[word]) for word in ('median', 'lowest', 'highest'))


def limit(result):
    if result.get('to_reach') is None:
        return '-'
    return ('>=' if result.get('least') else '<=') + number(result['to_reach'])


def judgement(result):
    if result['faults']:
        return 'WRONG: ' + '; '.join(result['faults'])
    if result['figure'] is None:
        return 'lost in the noise'
    return {None: '', True: 'within', False: 'below' if result.get('least') else 'above'}[holds(result)]


FORMAT = '%-20s %-33s %-10s %-20s %-20s %8s %8s  %s'


class Text:
    """Prints rows as they come."""

    def __init__(self, head):
        print(head + '\n')
        print(FORMAT % ('row', '', 'unit', 'mirrorsh', 'kernel', 'figure', 'to reach', ''), flush=True)

    @staticmethod
    def add(result):
        print((FORMAT % (result['name'], result['what'], result['unit'], side(result.get('mirrorsh')),
                         side(result.get('kernel')), number(result['figure']), limit(result),
                         judgement(result))).rstrip(), flush=True)
        for name, values in result.get('others', {}).items():
            lost = '%d lost' % values['lost'] if values.get('lost') else ''
            print((FORMAT % ('  ' + name, '', result['unit'], '', side(values), number(by(result, values)), '',
                             lost)).rstrip(), flush=True)

    @staticmethod
    def end(results):
        rounds = [result['disturbed'] for result in results if 'disturbed' in result]
        if rounds:
            print('\nIn the median round others, the host of a virtual machine among them, used %.2f processors\n'
                  % statistics.median(rounds))


class Json:
    """Prints one object."""

    def __init__(self, head):
        self.head = head

    def add(self, result):
        pass

    def end(self, results):
        print(json.dumps({'machine': self.head, 'rows': [{**result, 'holds': holds(result)} for result in results]},
                         indent=2))
