// temporary_folder.h: a folder of a test's own, and the files in it.
#ifndef TESTS_SUPPORT_TEMPORARY_FOLDER_H
#define TESTS_SUPPORT_TEMPORARY_FOLDER_H

enum { TEMPORARY_PATH_SIZE = 64 };

// Fails the test when the folder cannot be made.
void temporary_folder_create(char path[TEMPORARY_PATH_SIZE]);
void temporary_folder_remove(const char *path); // with all that is in it

// The same with the test working inside, for suites' init and fini.
void temporary_folder_enter(char path[TEMPORARY_PATH_SIZE]);
void temporary_folder_leave(const char *path);

// The content of a file as text, the caller's to free; fails the test when it cannot be read.
char *temporary_file_read(const char *folder, const char *name);
void temporary_file_write(const char *folder, const char *name, const char *text);

#endif
