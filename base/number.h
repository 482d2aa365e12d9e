// number.h: numbers as text, always with a '.' whatever the locale says.
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The whole of `text` must be one finite number (decimal, optional exponent); no blanks, no hex, no trailing text.
bool number_parse_double(const char *text, double *value);
// The whole of `text` must be one decimal integer inside [minimum, maximum].
bool number_parse_int64(const char *text, int64_t minimum, int64_t maximum, int64_t *value);

// The fewest digits that read back as the same double, whole numbers below 1e16 without an exponent ("100", "0.1",
// "1e-06"). NaN and infinities become "nan", "inf", "-inf".
void number_format_double(double value, char text[32]);
// Fixed notation with `decimals` places, as in a table.
void number_format_fixed(double value, int decimals, char text[64]);

#endif
