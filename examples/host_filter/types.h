/* What the host and its programs share: the context, and the host's kfuncs. */
#ifndef HOST_FILTER_TYPES_H
#define HOST_FILTER_TYPES_H

struct user {
  unsigned int id;
  unsigned int score;
};

struct request_ctx {
  const unsigned int size; /* bytes; const: programs cannot change it */
  unsigned int priority;   /* out */
  struct user* sender;
};

#endif
