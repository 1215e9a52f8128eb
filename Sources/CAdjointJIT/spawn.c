#define _GNU_SOURCE
#include "adjoint_jit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The environment with messages in English, so that they can be read for line numbers. */
static char **english_environment(void) {
  static char english[] = "LC_ALL=C";
  size_t count = 0, kept = 0;
  while (environ[count])
    count++;
  char **copy = malloc((count + 2) * sizeof *copy);
  if (!copy)
    return NULL;
  for (size_t i = 0; i < count; i++)
    if (strncmp(environ[i], "LC_ALL=", 7) != 0)
      copy[kept++] = environ[i];
  copy[kept++] = english;
  copy[kept] = NULL;
  return copy;
}

int adjoint_jit_spawn(const char *path, char *const arguments[], const char *output) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error) {
    errno = error;
    return -1;
  }
  char **environment = english_environment();
  pid_t child = 0;
  if (!environment)
    error = ENOMEM;
  if (!error)
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (!error)
    error = posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!error)
    error = posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (!error)
    error = posix_spawn(&child, path, &actions, NULL, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  free(environment);
  if (error) {
    errno = error;
    return -1;
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return status;
}
