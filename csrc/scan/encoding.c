/*
 * From bytes to text that the lexer can go over: what Python does before it tokenises.
 * Only UTF-8 (declared or not) and ASCII are read; a file in another encoding is
 * dynamic.
 */
#include <string.h>

#include "lexer.h"

/* Any byte of 0x80 or above? */
static bool has_high(const char *text, size_t len)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t seen = 0, word;

    for (; len >= sizeof word; text += sizeof word, len -= sizeof word) {
        memcpy(&word, text, sizeof word);
        seen |= word;
    }
    for (; len; text++, len--) {
        seen |= (unsigned char)*text;
    }
    return (seen & high) != 0;
}

/*
 * Length of the UTF-8 sequence at s, 0 if it is not well-formed (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF).  The text ends with a NUL, which is no
 * continuation byte, so that reading stops in time.
 */
static size_t utf8_len(const unsigned char *s)
{
    size_t len;
    unsigned low = 0x80, high = 0xBF;

    if (s[0] < 0x80) {
        return 1;
    }
    if (s[0] < 0xC2 || s[0] > 0xF4) {
        return 0;
    }
    len = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (s[0] == 0xE0) {
        low = 0xA0;
    } else if (s[0] == 0xED) {
        high = 0x9F;
    } else if (s[0] == 0xF0) {
        low = 0x90;
    } else if (s[0] == 0xF4) {
        high = 0x8F;
    }
    if (s[1] < low || s[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < len; i++) {
        if (s[i] < 0x80 || s[i] > 0xBF) {
            return 0;
        }
    }
    return len;
}

/* The first byte that is not UTF-8, or NULL. */
static const char *find_bad_utf8(const char *text, size_t len)
{
    const char *end = text + len;

    while (text < end) {
        size_t n = utf8_len((const unsigned char *)text);
        if (!n) {
            return text;
        }
        text += n;
    }
    return NULL;
}

/* Behind the last byte of 0x80 or above. */
static const char *behind_high(const char *start, const char *end)
{
    while (end > start && byte_class(end[-1]) != BYTE_HIGH) {
        end--;
    }
    return end;
}

static bool same_name(const char *name, size_t len, const char *wanted)
{
    if (len != strlen(wanted)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if ((c == '_' ? '-' : c) != wanted[i]) {
            return false;
        }
    }
    return true;
}

static bool is_encoding_byte(char c)
{
    return (byte_class(c) == BYTE_NAME || byte_class(c) == BYTE_DIGIT || c == '-' ||
            c == '.');
}

/*
 * May the line declare an encoding (PEP 263) other than UTF-8 or ASCII?  Looks for any
 * `coding` followed by : or = behind a #, which is more than Python looks at.
 * ascii: the text is; marked: it has a byte order mark, which Python takes beside UTF-8
 * by its own name only.
 */
static bool declares_other(const char *line, size_t len, bool ascii, bool marked)
{
    const char *end = line + len;
    const char *p = memchr(line, '#', len);

    for (; p && p + 7 < end; p++) {
        const char *name;

        if (memcmp(p, "coding", 6) != 0 || (p[6] != ':' && p[6] != '=')) {
            continue;
        }
        name = p + 7;
        while (name < end && (*name == ' ' || *name == '\t')) {
            name++;
        }
        for (p = name; p < end && is_encoding_byte(*p);) {
            p++;
        }
        len = (size_t)(p - name);
        return !(same_name(name, len, "utf-8") ||
                 (!marked && same_name(name, len, "utf8")) ||
                 (!marked && ascii &&
                  (same_name(name, len, "ascii") || same_name(name, len, "us-ascii"))));
    }
    return false;
}

/* The two lines in which an encoding can be declared. */
static bool is_other_encoding(const char *text, size_t len, bool ascii, bool marked)
{
    const char *end = text + len;

    for (int i = 0; i < 2 && text < end; i++) {
        const char *stop = text;
        while (stop < end && *stop != '\n') {
            stop++;
        }
        if (declares_other(text, (size_t)(stop - text), ascii, marked)) {
            return true;
        }
        text = stop + 1;
    }
    return false;
}

/* Copy the text to the scratch with \r\n and \r as \n, as Python's tokeniser has it.
 */
static int translate_newlines(struct lexer *lx, const char *text, size_t len)
{
    struct alc_buf *buf = &lx->scratch->lines;
    char *to;

    alc_buf_reset(buf);
    if (alc_buf_reserve(buf, len + 1, lx->err) < 0) {
        return ALC_E_NOMEM;
    }
    to = buf->ptr;
    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\r') {
            *to++ = text[i];
        } else if (i + 1 == len || text[i + 1] != '\n') {
            *to++ = '\n';
        }
    }
    *to = '\0';
    lx->start = buf->ptr;
    lx->end = to;
    return 0;
}

int scan_open_text(struct lexer *lx, const char *text, size_t len)
{
    const char *bad;
    bool marked = len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0;
    bool ascii;

    if (marked) {
        text += 3;
        len -= 3;
    }
    lx->p = lx->start = text;
    lx->end = text + len;
    if (len > ALC_SCAN_MAX_LEN) {
        return lexer_stop(lx, ALC_SCAN_TOO_LARGE, NULL);
    }
    bad = len ? memchr(text, '\0', len) : NULL;
    if (bad) {
        return lexer_stop(lx, ALC_SCAN_NUL, bad);
    }
    ascii = !has_high(text, len);
    bad = ascii ? NULL : find_bad_utf8(text, len);
    if (bad) {
        return lexer_stop(lx, ALC_SCAN_ENCODING, bad);
    }
    if (len && memchr(text, '\r', len) && translate_newlines(lx, text, len) < 0) {
        return ALC_E_NOMEM;
    }
    lx->p = lx->start;
    lx->high = ascii ? lx->start : behind_high(lx->start, lx->end);
    if (is_other_encoding(lx->start, (size_t)(lx->end - lx->start), ascii, marked)) {
        return lexer_stop(lx, ALC_SCAN_ENCODING, lx->start);
    }
    return 0;
}
