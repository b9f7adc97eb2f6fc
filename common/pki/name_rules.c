/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name_rules.h"

#include "common/base/text.h"
#include "common/base/utf8.h"

enum {
    ONE_OF_UTF8 = 1 << NAME_UTF8,
    ONE_OF_PRINTABLE = 1 << NAME_PRINTABLE,
    ONE_OF_IA5 = 1 << NAME_IA5,
    DIRECTORY_STRING = ONE_OF_UTF8 | ONE_OF_PRINTABLE
};

/*
 * The attributes we know: RFC 5280 appendix A.1, RFC 4519 (postalCode and street as X.520
 * bounds them), RFC 2985 (emailAddress), ETSI EN 319 412-1 (organizationIdentifier).
 */
static const struct attribute {
    const char *oid;
    const char *label;
    unsigned encodings;
    size_t min; /* characters */
    size_t max;
} attributes[] = {
    {"2.5.4.3", "CN", DIRECTORY_STRING, 1, 64},
    {"2.5.4.4", "SN", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.5", "serialNumber", ONE_OF_PRINTABLE, 1, 64},
    {"2.5.4.6", "C", ONE_OF_PRINTABLE, 2, 2},
    {"2.5.4.7", "L", DIRECTORY_STRING, 1, 128},
    {"2.5.4.8", "ST", DIRECTORY_STRING, 1, 128},
    {"2.5.4.9", "STREET", DIRECTORY_STRING, 1, 128},
    {"2.5.4.10", "O", DIRECTORY_STRING, 1, 64},
    {"2.5.4.11", "OU", DIRECTORY_STRING, 1, 64},
    {"2.5.4.12", "title", DIRECTORY_STRING, 1, 64},
    {"2.5.4.13", "description", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.17", "postalCode", DIRECTORY_STRING, 1, 40},
    {"2.5.4.41", "name", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.42", "givenName", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.43", "initials", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.44", "generationQualifier", DIRECTORY_STRING, 1, NAME_VALUE_MAX},
    {"2.5.4.46", "dnQualifier", ONE_OF_PRINTABLE, 1, NAME_VALUE_MAX},
    {"2.5.4.65", "pseudonym", DIRECTORY_STRING, 1, 128},
    {"2.5.4.97", "organizationIdentifier", DIRECTORY_STRING, 1, 256},
    {"0.9.2342.19200300.100.1.1", "UID", DIRECTORY_STRING, 1, 256},
    {"0.9.2342.19200300.100.1.25", "DC", ONE_OF_IA5, 1, 63},
    {"1.2.840.113549.1.9.1", "emailAddress", ONE_OF_IA5, 1, 255},
};

static const struct attribute other = {"", "", DIRECTORY_STRING, 1, NAME_VALUE_MAX};

static const char *const encoding_names[] = {
    [NAME_UTF8] = "UTF8String",
    [NAME_PRINTABLE] = "PrintableString",
    [NAME_IA5] = "IA5String",
};
_Static_assert(sizeof(encoding_names) / sizeof(encoding_names[0]) == NAME_ENCODING_COUNT,
               "one name an encoding");

static const struct attribute *find_attribute(const char *oid)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (strcmp(attributes[i].oid, oid) == 0) {
            return &attributes[i];
        }
    }
    return NULL;
}

const char *name_attribute_label(const char *oid)
{
    const struct attribute *known = find_attribute(oid);

    return known != NULL ? known->label : oid;
}

bool name_attribute_find(const char *label, const char **oid,
                         enum name_encoding *encoding)
{
    const struct attribute *known = text_is_oid(label) ? find_attribute(label) : NULL;

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        if (text_equal_nocase(attributes[i].label, label)) {
            known = &attributes[i];
        }
    }
    if (known == NULL && !text_is_oid(label)) {
        return false;
    }
    *oid = known != NULL ? known->oid : label;
    *encoding = NAME_UTF8;
    if (known != NULL && (known->encodings & ONE_OF_UTF8) == 0) {
        *encoding = (known->encodings & ONE_OF_IA5) != 0 ? NAME_IA5 : NAME_PRINTABLE;
    }
    return true;
}

/* Characters that are not seen, or change the order of those that are. */
static bool is_deceptive(uint32_t code)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } ranges[] = {
        {0x00AD, 0x00AD},   /* soft hyphen */
        {0x061C, 0x061C},   /* Arabic letter mark */
        {0x180B, 0x180F},   /* Mongolian selectors and vowel separator */
        {0x200B, 0x200F},   /* zero width, left-to-right and right-to-left marks */
        {0x2028, 0x202E},   /* line and paragraph separators, embeddings, overrides */
        {0x2060, 0x206F},   /* joiners, isolates, deprecated format characters */
        {0xFE00, 0xFE0F},   /* variation selectors */
        {0xFEFF, 0xFEFF},   /* byte order mark */
        {0xFFF0, 0xFFFB},   /* interlinear annotation */
        {0xE0000, 0xE0FFF}, /* tags, variation selectors */
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i].first && code <= ranges[i].last) {
            return true;
        }
    }
    return (code & 0xFFFE) == 0xFFFE; /* noncharacters */
}

bool name_text_is_plain(struct bytes text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t code = 0;
        size_t step = utf8_read(text.data + i, text.len - i, &code);

        if (step == 0 || utf8_is_control(code) || is_deceptive(code)) {
            return false;
        }
        i += step;
    }
    return true;
}

static size_t count_characters(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        count += (text.data[i] & 0xC0) != 0x80;
    }
    return count;
}

/* X.680 41.4 */
static bool is_printable_string(const char *value)
{
    return value[strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                               "0123456789 '()+,-./:=?")] == '\0';
}

static bool is_ascii(const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if ((*c & 0x80) != 0) {
            return false;
        }
    }
    return true;
}

/* What is wrong with the value's characters, or NULL. */
static const char *fault_of_characters(const struct name_ava *ava)
{
    if (!name_text_is_plain(bytes_of_text(ava->value))) {
        return "is not UTF-8 or holds a control or invisible character";
    }
    if (ava->encoding == NAME_PRINTABLE && !is_printable_string(ava->value)) {
        return "holds a character that PrintableString does not have";
    }
    if (ava->encoding == NAME_IA5 && !is_ascii(ava->value)) {
        return "holds a character outside ASCII";
    }
    return NULL;
}

bool name_check_ava(const struct name_ava *ava, struct error *err)
{
    if (!text_is_oid(ava->oid)) {
        return error_set(err, ERROR_INVALID, "'%.64s' is not an attribute type",
                         ava->oid);
    }
    const struct attribute *known = find_attribute(ava->oid);
    const struct attribute *rule = known != NULL ? known : &other;
    const char *label = name_attribute_label(ava->oid);

    if ((unsigned)ava->encoding >= NAME_ENCODING_COUNT ||
        (rule->encodings & 1U << ava->encoding) == 0) {
        return error_set(err, ERROR_INVALID, "%.64s cannot be a %s", label,
                         (unsigned)ava->encoding < NAME_ENCODING_COUNT
                             ? encoding_names[ava->encoding]
                             : "string of that type");
    }
    const char *fault = fault_of_characters(ava);
    if (fault != NULL) {
        return error_set(err, ERROR_INVALID, "%.64s '%.64s' %s", label, ava->value,
                         fault);
    }
    struct bytes value = bytes_of_text(ava->value);
    size_t characters = count_characters(value);
    if (characters < rule->min || characters > rule->max || value.len > NAME_VALUE_MAX) {
        return error_set(err, ERROR_INVALID,
                         "%.64s has %zu characters; %zu to %zu are allowed", label,
                         characters, rule->min, rule->max);
    }
    return true;
}
