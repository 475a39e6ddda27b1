/* Keys of terminals, read by the grammar of their sequences (ECMA-48's CSI and SS3) rather than
 * by a list of them: see keys.h. */
#include "keys.h"

enum {
    ESCAPE = 0x1b,
    C1_FIRST = 0x80,
    C1_SS3 = 0x8f,
    C1_CSI = 0x9b,
    C1_LAST = 0x9f,
    LATE_MS = 500, /* a bracket so long after an escape was typed by hand */
};

enum { SHIFT = 1, ALT = 2, CONTROL = 4 };

static const wchar_t *arrow(wchar_t letter, unsigned modifiers)
{
    bool word = modifiers & (ALT | CONTROL);

    switch (letter) {
    case L'A':
        return L"\020";
    case L'B':
        return L"\016";
    case L'C':
        return word ? L"\033f" : L"\006";
    case L'D':
        return word ? L"\033b" : L"\002";
    case L'H':
        return L"\001";
    case L'F':
        return L"\005";
    default:
        return L"";
    }
}

/* The keys that go by a number: "\e[3~". */
static const wchar_t *editing_key(unsigned number, unsigned modifiers)
{
    switch (number) {
    case 1:
    case 7:
        return L"\001";
    case 3:
        return modifiers & (ALT | CONTROL) ? L"\033d" : KEYS_DELETE;
    case 4:
    case 8:
        return L"\005";
    default:
        return L"";
    }
}

/* xterm's number of the modifiers is theirs and one. */
static unsigned modifiers_of(unsigned number)
{
    return number > 0 ? number - 1 : 0;
}

/* A CSI sequence has come to its last character. */
static const wchar_t *end_csi(const struct keys *keys, wchar_t last)
{
    unsigned modifiers = modifiers_of(keys->number[1]);

    if (last == L'~')
        return editing_key(keys->number[0], modifiers);
    if (last == L'^' || last == L'@') /* rxvt's with Control */
        return editing_key(keys->number[0], CONTROL);
    if (last == L'$') /* and with Shift */
        return editing_key(keys->number[0], SHIFT);
    if (last >= L'a' && last <= L'd') /* its arrows with Shift */
        return arrow(last - L'a' + L'A', SHIFT);
    if (keys->numbers == 1) /* "\e[5C" */
        modifiers = modifiers_of(keys->number[0]);
    return arrow(last, modifiers);
}

/* An SS3 sequence has: cursor keys, or the keypad in application mode. */
static const wchar_t *end_ss3(struct keys *keys, wchar_t last)
{
    static const wchar_t keypad[] = L"*+,-./0123456789"; /* from j on */

    if (last >= L'a' && last <= L'd') /* rxvt's arrows with Control */
        return arrow(last - L'a' + L'A', CONTROL);
    if (last == L'M')
        return L"\r";
    if (last < L'j' || last > L'y')
        return arrow(last, modifiers_of(keys->number[0]));
    keys->text[0] = keypad[last - L'j'];
    keys->text[1] = L'\0';
    return keys->text;
}

static const wchar_t *begin(struct keys *keys, enum keys_state state)
{
    keys->state = state;
    keys->number[0] = keys->number[1] = 0;
    keys->numbers = 0;
    keys->foreign = false;
    return L"";
}

/* A character by itself, or behind an escape. */
static const wchar_t *plain(struct keys *keys, wchar_t typed, bool meta)
{
    size_t at = 0;

    if (meta)
        keys->text[at++] = ESCAPE;
    keys->text[at++] = typed;
    keys->text[at] = L'\0';
    return keys->text;
}

static const wchar_t *take_plain(struct keys *keys, wchar_t typed, int64_t now_ms)
{
    if (typed == ESCAPE)
        keys->escape_ms = now_ms;
    if (typed == ESCAPE || typed == C1_SS3 || typed == C1_CSI)
        return begin(keys, typed == ESCAPE ? KEYS_ESCAPE : typed == C1_SS3 ? KEYS_SS3 : KEYS_CSI);
    return typed >= C1_FIRST && typed <= C1_LAST ? L"" : plain(keys, typed, false);
}

static const wchar_t *take_escape(struct keys *keys, wchar_t typed, int64_t now_ms)
{
    bool bracket = typed == L'[' || typed == L'O';

    if (typed == ESCAPE) { /* rxvt's Alt, or somebody's second try */
        keys->escape_ms = now_ms;
        return L"";
    }
    keys->state = KEYS_PLAIN;
    if (bracket && now_ms - keys->escape_ms < LATE_MS)
        return begin(keys, typed == L'[' ? KEYS_CSI : KEYS_SS3);
    return plain(keys, typed, !bracket);
}

/* Inside a sequence: its numbers, what stands between them, its last character. */
static const wchar_t *take_sequence(struct keys *keys, wchar_t typed)
{
    bool csi = keys->state == KEYS_CSI;

    if (typed >= L'0' && typed <= L'9') {
        keys->numbers += keys->numbers == 0;
        if (keys->numbers <= 2 && keys->number[keys->numbers - 1] < 1000)
            keys->number[keys->numbers - 1] =
                keys->number[keys->numbers - 1] * 10 + (unsigned)(typed - L'0');
        return L"";
    }
    if (typed == L';') {
        keys->numbers += keys->numbers == 0 ? 2 : 1;
        return L"";
    }
    if (typed < L'@' && typed != L'$') {
        keys->foreign = true;
        return L"";
    }
    keys->state = KEYS_PLAIN;
    if (typed > L'~' || keys->foreign)
        return L"";
    if (csi && typed == L'[' && keys->numbers == 0) /* Linux' function keys: "\e[[A" */
        return begin(keys, KEYS_FUNCTION);
    return csi ? end_csi(keys, typed) : end_ss3(keys, typed);
}

const wchar_t *keys_take(struct keys *keys, wchar_t typed, int64_t now_ms)
{
    if (keys->state == KEYS_PLAIN)
        return take_plain(keys, typed, now_ms);
    if (keys->state == KEYS_ESCAPE)
        return take_escape(keys, typed, now_ms);
    if (typed < L' ') { /* a control character ends any sequence */
        keys->state = KEYS_PLAIN;
        return take_plain(keys, typed, now_ms);
    }
    if (keys->state == KEYS_FUNCTION) {
        keys->state = KEYS_PLAIN;
        return L"";
    }
    return take_sequence(keys, typed);
}
