/* The prototypes of the host's kfuncs, for their BTF: bodies do not matter. */
#include "types.h"

struct request_ctx* unused_request;

unsigned int host_score(struct user* user) { return user->score; }
struct user* host_find_user(unsigned int id) {
  return (struct user*)(long)id;
}
void host_put_user(struct user* user) { user->score = 0; }
