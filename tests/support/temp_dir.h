/* SPDX-License-Identifier: Apache-2.0 */
/*
 * temp_dir: a directory of the test's own (0700), removed with everything in it.
 */
#ifndef AE_TESTS_SUPPORT_TEMP_DIR_H
#define AE_TESTS_SUPPORT_TEMP_DIR_H

/* Under $TMPDIR or /tmp; ends the test program when that fails. Free: temp_dir_free(). */
char *temp_dir_new(void);
void temp_dir_free(char *path);

#endif
