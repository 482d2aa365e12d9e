// number.c: numbers to text and back in the C locale, whatever setlocale() was told. Units and ranges of real numbers
// are the caller's. Tests: tests/number_test.c.
#define _GNU_SOURCE 1 // strtod_l
#include "base/number.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static locale_t number_locale;
static pthread_once_t number_locale_once = PTHREAD_ONCE_INIT;

static void number_create_locale(void)
{
    number_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (number_locale == (locale_t)0) {
        fputs("transinv: out of memory creating the C locale\n", stderr);
        abort();
    }
}

static locale_t number_get_locale(void)
{
    pthread_once(&number_locale_once, number_create_locale);
    return number_locale;
}

// snprintf in the C locale; only the calling thread's locale changes, and only for the call.
__attribute__((format(printf, 3, 4))) static int number_print(char *text, size_t size, const char *format, ...)
{
    locale_t previous = uselocale(number_get_locale());
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, size, format, arguments);
    va_end(arguments);
    uselocale(previous);
    return length;
}

static size_t number_skip_digits(const char **text)
{
    const char *start = *text;
    while (**text >= '0' && **text <= '9') ++*text;
    return (size_t)(*text - start);
}

static void number_skip_sign(const char **text)
{
    if (**text == '+' || **text == '-') ++*text;
}

// strtod also takes blanks, hex, "inf" and "nan"; this is the narrower grammar that we promise.
static bool number_is_decimal(const char *text)
{
    number_skip_sign(&text);
    size_t digits = number_skip_digits(&text);
    if (*text == '.') {
        text++;
        digits += number_skip_digits(&text);
    }
    if (digits == 0) return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        number_skip_sign(&text);
        if (number_skip_digits(&text) == 0) return false;
    }
    return *text == '\0';
}

bool number_parse_double(const char *text, double *value)
{
    if (!number_is_decimal(text)) return false;
    double parsed = strtod_l(text, NULL, number_get_locale());
    if (!isfinite(parsed)) return false;
    *value = parsed;
    return true;
}

bool number_parse_int64(const char *text, int64_t minimum, int64_t maximum, int64_t *value)
{
    const char *end = text;
    number_skip_sign(&end);
    if (number_skip_digits(&end) == 0 || *end != '\0') return false;
    errno = 0;
    long long parsed = strtoll(text, NULL, 10);
    if (errno == ERANGE || parsed < minimum || parsed > maximum) return false;
    *value = parsed;
    return true;
}

static void number_format_special(double value, char text[32])
{
    strcpy(text, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
}

void number_format_double(double value, char text[32])
{
    if (!isfinite(value)) {
        number_format_special(value, text);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        number_print(text, 32, "%.*e", digits - 1, value);
        if (!(strtod_l(text, NULL, number_get_locale()) == value) && digits < 17) continue;
        // %g writes 10 as "1e+01" when it is asked for one digit; whole numbers are better read as such.
        int exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
        int precision = exponent >= digits && exponent <= 15 ? exponent + 1 : digits;
        number_print(text, 32, "%.*g", precision, value);
        return;
    }
}

void number_format_fixed(double value, int decimals, char text[64])
{
    if (!isfinite(value))
        number_format_special(value, text);
    else if (number_print(text, 64, "%.*f", decimals, value) >= 64)
        number_format_double(value, text); // 1e300 has no place in a table, but its digits must not be cut
}
