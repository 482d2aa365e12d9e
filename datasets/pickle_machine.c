// pickle_machine.c: the stack machine of Python's pickletools, for 25 of its opcodes. Strings and arrays stay where they
// are in the file; everything else is small and counted. Tests: tests/pickle_test.c.
#include <stdlib.h>
#include <string.h>

#include "datasets/pickle_values.h"

enum { VALUE_LIMIT = 1 << 22, STACK_LIMIT = 1 << 16, NAME_LIMIT = 64 };

struct machine {
    struct pickle *pickle;
    const uint8_t *bytes;
    size_t size, at, opcode_at;
    struct pickle_numbers stack, memo; // memo: place + 1; 0: nothing there
    bool done;
};

static struct status refuse(const struct machine *machine, const char *expected)
{
    return status_error(STATUS_BAD_INPUT, "%s: byte %zu: expected %s", machine->pickle->name, machine->opcode_at,
                        expected);
}

// ---- memory ----------------------------------------------------------------------------------------------------

static struct status numbers_push(const struct machine *machine, struct pickle_numbers *numbers, size_t limit,
                                  uint32_t number)
{
    if (numbers->count == limit) return refuse(machine, "fewer values");
    if (numbers->count == numbers->capacity) {
        size_t capacity = numbers->capacity == 0 ? 64 : 2 * numbers->capacity;
        uint32_t *grown = realloc(numbers->items, capacity * sizeof *grown);
        if (grown == NULL) return status_error(STATUS_NO_MEMORY, "%s: out of memory", machine->pickle->name);
        numbers->items = grown;
        numbers->capacity = capacity;
    }
    numbers->items[numbers->count++] = number;
    return status_ok();
}

static struct status push_place(struct machine *machine, uint32_t place)
{
    return numbers_push(machine, &machine->stack, STACK_LIMIT, place);
}

// A new value on the stack.
static struct status push(struct machine *machine, struct pickle_value value)
{
    struct pickle *pickle = machine->pickle;
    if (pickle->count == VALUE_LIMIT) return refuse(machine, "fewer values");
    if (pickle->count == pickle->capacity) {
        size_t capacity = pickle->capacity == 0 ? 64 : 2 * pickle->capacity;
        struct pickle_value *grown = realloc(pickle->values, capacity * sizeof *grown);
        if (grown == NULL) return status_error(STATUS_NO_MEMORY, "%s: out of memory", pickle->name);
        pickle->values = grown;
        pickle->capacity = capacity;
    }
    pickle->values[pickle->count] = value;
    return push_place(machine, (uint32_t)pickle->count++);
}

// The value `depth` below the top, or NULL.
static struct pickle_value *peek(const struct machine *machine, size_t depth)
{
    if (depth >= machine->stack.count) return NULL;
    return &machine->pickle->values[machine->stack.items[machine->stack.count - 1 - depth]];
}

static bool is_kind(const struct pickle_value *value, enum pickle_kind kind)
{
    return value != NULL && value->kind == kind;
}

// ---- arguments -------------------------------------------------------------------------------------------------

static struct status take(struct machine *machine, size_t size, const uint8_t **bytes)
{
    if (size > machine->size - machine->at)
        return status_error(STATUS_BAD_INPUT, "%s is cut off: byte %zu: expected %zu bytes, found %zu",
                            machine->pickle->name, machine->at, size, machine->size - machine->at);
    *bytes = machine->bytes + machine->at;
    machine->at += size;
    return status_ok();
}

// A little-endian number of 1, 2 or 4 bytes.
static struct status take_number(struct machine *machine, size_t size, uint32_t *number)
{
    const uint8_t *bytes = NULL;
    struct status status = take(machine, size, &bytes);
    *number = 0;
    for (size_t i = size; status.code == STATUS_OK && i > 0; i--) *number = *number << 8 | bytes[i - 1];
    return status;
}

// Up to the end of the line, which is taken as well.
static struct status take_line(struct machine *machine, const uint8_t **line, size_t *size)
{
    size_t left = machine->size - machine->at, most = left < NAME_LIMIT ? left : NAME_LIMIT;
    const uint8_t *begin = machine->bytes + machine->at;
    const uint8_t *end = most > 0 ? memchr(begin, '\n', most) : NULL;
    if (end == NULL) return refuse(machine, "a short name that ends its line");
    *line = begin;
    *size = (size_t)(end - begin);
    machine->at += *size + 1;
    return status_ok();
}

// ---- containers ------------------------------------------------------------------------------------------------

static struct status add_child(struct machine *machine, uint32_t place)
{
    return numbers_push(machine, &machine->pickle->children, VALUE_LIMIT, place);
}

// The stack from `from` on becomes children of the value at `place`, which must be the last that got any: its children
// lie in a row.
static struct status adopt(struct machine *machine, uint32_t place, size_t from)
{
    struct pickle_numbers *stack = &machine->stack;
    struct pickle_value *parent = &machine->pickle->values[place];
    struct status status = status_ok();
    if (parent->count == 0) parent->first = machine->pickle->children.count;
    if (parent->first + parent->count != machine->pickle->children.count)
        return refuse(machine, "one list or dictionary to be filled after the other");
    for (size_t i = from; status.code == STATUS_OK && i < stack->count; i++) {
        status = add_child(machine, stack->items[i]);
        if (status.code == STATUS_OK) parent->count++;
    }
    stack->count = from;
    return status;
}

// Place of the topmost mark in the stack.
static struct status find_mark(const struct machine *machine, size_t *mark)
{
    *mark = machine->stack.count;
    while (*mark > 0 && machine->pickle->values[machine->stack.items[*mark - 1]].kind != PICKLE_MARK) (*mark)--;
    if (*mark == 0) return refuse(machine, "a mark before");
    (*mark)--;
    return status_ok();
}

// The values above stack place `from` become a tuple. A mark inside it would be a value that is none.
static struct status make_tuple(struct machine *machine, size_t from)
{
    struct pickle_value tuple = {.kind = PICKLE_TUPLE, .first = machine->pickle->children.count};
    struct status status = status_ok();
    for (size_t i = from; status.code == STATUS_OK && i < machine->stack.count; i++) {
        if (machine->pickle->values[machine->stack.items[i]].kind == PICKLE_MARK)
            return refuse(machine, "values of a tuple");
        status = add_child(machine, machine->stack.items[i]);
        tuple.count++;
    }
    machine->stack.count = from;
    return status.code == STATUS_OK ? push(machine, tuple) : status;
}

static struct status make_marked_tuple(struct machine *machine)
{
    size_t mark = 0;
    struct status status = find_mark(machine, &mark);
    if (status.code != STATUS_OK) return status;
    status = make_tuple(machine, mark + 1);
    if (status.code != STATUS_OK) return status;
    machine->stack.items[mark] = machine->stack.items[mark + 1]; // in the mark's place
    machine->stack.count = mark + 1;
    return status;
}

static struct status make_short_tuple(struct machine *machine, size_t count)
{
    if (machine->stack.count < count) return refuse(machine, "values before");
    return make_tuple(machine, machine->stack.count - count);
}

// APPENDS and SETITEMS: what lies above the mark goes into the container below it.
static struct status fill_marked(struct machine *machine, enum pickle_kind kind)
{
    size_t mark = 0;
    struct status status = find_mark(machine, &mark);
    if (status.code != STATUS_OK) return status;
    size_t items = machine->stack.count - mark - 1;
    if (mark == 0 || machine->pickle->values[machine->stack.items[mark - 1]].kind != kind ||
        (kind == PICKLE_DICTIONARY && items % 2 != 0))
        return refuse(machine, kind == PICKLE_LIST ? "a list before" : "a dictionary before, and pairs");
    status = adopt(machine, machine->stack.items[mark - 1], mark + 1);
    machine->stack.count = mark;
    return status;
}

// APPEND and SETITEM: the topmost one or two values.
static struct status fill_one(struct machine *machine, enum pickle_kind kind)
{
    const size_t items = kind == PICKLE_LIST ? 1 : 2;
    if (!is_kind(peek(machine, items), kind) || is_kind(peek(machine, 0), PICKLE_MARK) ||
        is_kind(peek(machine, items - 1), PICKLE_MARK))
        return refuse(machine, kind == PICKLE_LIST ? "a list before" : "a dictionary before");
    size_t from = machine->stack.count - items;
    return adopt(machine, machine->stack.items[from - 1], from);
}

// ---- NumPy -----------------------------------------------------------------------------------------------------

static bool text_is(const uint8_t *bytes, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(bytes, text, size) == 0;
}

static struct status push_name(struct machine *machine)
{
    const uint8_t *module = NULL, *name = NULL;
    size_t module_size = 0, name_size = 0;
    struct status status = take_line(machine, &module, &module_size);
    if (status.code == STATUS_OK) status = take_line(machine, &name, &name_size);
    if (status.code != STATUS_OK) return status;
    bool reconstruct =
        text_is(module, module_size, "numpy.core.multiarray") && text_is(name, name_size, "_reconstruct");
    bool numpy = text_is(module, module_size, "numpy") &&
                 (text_is(name, name_size, "ndarray") || text_is(name, name_size, "dtype"));
    if (!reconstruct && !numpy) return refuse(machine, "numpy's _reconstruct, ndarray or dtype, and no other name");
    return push(machine, (struct pickle_value){.kind = PICKLE_NAME, .bytes = name, .size = name_size});
}

static const struct pickle_value *child(const struct machine *machine, const struct pickle_value *parent, size_t index)
{
    return &machine->pickle->values[machine->pickle->children.items[parent->first + index]];
}

// dtype('u1', ...), or _reconstruct(ndarray, ...): an array that is still to be built.
static struct status reduce(struct machine *machine)
{
    const struct pickle_value *name = peek(machine, 1), *arguments = peek(machine, 0);
    if (!is_kind(name, PICKLE_NAME) || !is_kind(arguments, PICKLE_TUPLE) || arguments->count != 3)
        return refuse(machine, "a name of NumPy and three arguments before");
    const struct pickle_value *first = child(machine, arguments, 0);
    bool type = text_is(name->bytes, name->size, "dtype");
    if (type && !(first->kind == PICKLE_STRING && text_is(first->bytes, first->size, "u1")))
        return refuse(machine, "the type u1 (uint8)");
    if (!type && !(text_is(name->bytes, name->size, "_reconstruct") && first->kind == PICKLE_NAME &&
                   text_is(first->bytes, first->size, "ndarray")))
        return refuse(machine, "_reconstruct of an ndarray");
    machine->stack.count -= 2;
    return push(machine, (struct pickle_value){.kind = type ? PICKLE_TYPE : PICKLE_ARRAY});
}

// The state of an array: (1, shape, type, column-major, data). It is built once.
static struct status build_array(struct machine *machine)
{
    const struct pickle_value *state = peek(machine, 0);
    const uint32_t place = machine->stack.items[machine->stack.count - 2];
    if (state->count != 5 || child(machine, state, 1)->kind != PICKLE_TUPLE ||
        child(machine, state, 2)->kind != PICKLE_TYPE || child(machine, state, 3)->kind != PICKLE_BOOL ||
        child(machine, state, 4)->kind != PICKLE_STRING || machine->pickle->values[place].count != 0)
        return refuse(machine, "version, shape, type, order and data of an array before");
    const uint32_t *items = machine->pickle->children.items + state->first;
    const uint32_t shape = items[1], data = items[4];
    struct pickle_value *array = &machine->pickle->values[place];
    array->integer = child(machine, state, 3)->integer;
    array->first = machine->pickle->children.count;
    struct status status = add_child(machine, shape);
    if (status.code == STATUS_OK) status = add_child(machine, data);
    if (status.code == STATUS_OK) machine->pickle->values[place].count = 2;
    machine->stack.count--;
    return status;
}

// A type's state says what its name has said before: byte order, size.
static struct status build(struct machine *machine)
{
    const struct pickle_value *object = peek(machine, 1);
    if (!is_kind(peek(machine, 0), PICKLE_TUPLE) || (!is_kind(object, PICKLE_TYPE) && !is_kind(object, PICKLE_ARRAY)))
        return refuse(machine, "an array or a type and its state before");
    if (object->kind == PICKLE_ARRAY) return build_array(machine);
    machine->stack.count--;
    return status_ok();
}

// ---- memory of its own, strings, numbers -----------------------------------------------------------------------

static struct status remember(struct machine *machine, size_t size)
{
    uint32_t index = 0;
    struct status status = take_number(machine, size, &index);
    if (status.code != STATUS_OK) return status;
    if (machine->stack.count == 0 || is_kind(peek(machine, 0), PICKLE_MARK)) return refuse(machine, "a value before");
    // Python counts from 1 on; any number would let a few bytes ask for much memory.
    if (index > machine->memo.count + 1) return refuse(machine, "the next number to remember it under");
    while (status.code == STATUS_OK && machine->memo.count <= index)
        status = numbers_push(machine, &machine->memo, VALUE_LIMIT, 0);
    if (status.code == STATUS_OK) machine->memo.items[index] = machine->stack.items[machine->stack.count - 1] + 1;
    return status;
}

static struct status recall(struct machine *machine, size_t size)
{
    uint32_t index = 0;
    struct status status = take_number(machine, size, &index);
    if (status.code != STATUS_OK) return status;
    if (index >= machine->memo.count || machine->memo.items[index] == 0)
        return refuse(machine, "a number under which something is remembered");
    return push_place(machine, machine->memo.items[index] - 1);
}

static struct status push_string(struct machine *machine, size_t length_size)
{
    struct pickle_value string = {.kind = PICKLE_STRING};
    uint32_t length = 0;
    struct status status = take_number(machine, length_size, &length);
    string.size = length;
    if (status.code == STATUS_OK) status = take(machine, length, &string.bytes);
    return status.code == STATUS_OK ? push(machine, string) : status;
}

static struct status push_integer(struct machine *machine, size_t size)
{
    uint32_t number = 0;
    struct status status = take_number(machine, size, &number);
    if (status.code != STATUS_OK) return status;
    return push(machine, (struct pickle_value){.kind = PICKLE_INTEGER,
                                               .integer = size == 4 ? (int64_t)(int32_t)number : (int64_t)number});
}

static struct status push_plain(struct machine *machine, enum pickle_kind kind, int64_t integer)
{
    return push(machine, (struct pickle_value){.kind = kind, .integer = integer});
}

static struct status stop(struct machine *machine)
{
    if (machine->stack.count != 1 || !is_kind(peek(machine, 0), PICKLE_DICTIONARY))
        return refuse(machine, "a single dictionary at the end");
    if (machine->at != machine->size) return refuse(machine, "nothing behind the end");
    machine->pickle->root = machine->stack.items[0];
    machine->done = true;
    return status_ok();
}

static struct status step(struct machine *machine)
{
    uint32_t opcode = 0;
    machine->opcode_at = machine->at;
    struct status status = take_number(machine, 1, &opcode);
    if (status.code != STATUS_OK) return status;
    switch (opcode) {
    case '}': return push_plain(machine, PICKLE_DICTIONARY, 0);
    case ']': return push_plain(machine, PICKLE_LIST, 0);
    case '(': return push_plain(machine, PICKLE_MARK, 0);
    case 'N': return push_plain(machine, PICKLE_NONE, 0);
    case 0x88: return push_plain(machine, PICKLE_BOOL, 1);
    case 0x89: return push_plain(machine, PICKLE_BOOL, 0);
    case 'K': return push_integer(machine, 1);
    case 'M': return push_integer(machine, 2);
    case 'J': return push_integer(machine, 4);
    case 'U': return push_string(machine, 1);
    case 'T': return push_string(machine, 4);
    case 'q': return remember(machine, 1);
    case 'r': return remember(machine, 4);
    case 'h': return recall(machine, 1);
    case 'j': return recall(machine, 4);
    case 'a': return fill_one(machine, PICKLE_LIST);
    case 'e': return fill_marked(machine, PICKLE_LIST);
    case 's': return fill_one(machine, PICKLE_DICTIONARY);
    case 'u': return fill_marked(machine, PICKLE_DICTIONARY);
    case 't': return make_marked_tuple(machine);
    case 0x85: return make_short_tuple(machine, 1);
    case 0x86: return make_short_tuple(machine, 2);
    case 0x87: return make_short_tuple(machine, 3);
    case 'c': return push_name(machine);
    case 'R': return reduce(machine);
    case 'b': return build(machine);
    case '.': return stop(machine);
    default: return refuse(machine, "an opcode that CIFAR's python archives are made of");
    }
}

struct status pickle_machine_run(struct pickle *pickle, const uint8_t *bytes, size_t size)
{
    static const uint8_t protocol[] = {0x80, 2};
    struct machine machine = {.pickle = pickle, .bytes = bytes, .size = size};
    struct status status = status_ok();
    if (size < sizeof protocol || memcmp(bytes, protocol, sizeof protocol) != 0)
        return status_error(STATUS_BAD_INPUT, "%s: byte 0: expected a pickle of protocol 2, found other bytes",
                            pickle->name);
    machine.at = sizeof protocol;
    while (status.code == STATUS_OK && !machine.done) status = step(&machine);
    free(machine.stack.items);
    free(machine.memo.items);
    return status;
}
