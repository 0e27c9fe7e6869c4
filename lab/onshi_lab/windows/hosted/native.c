/* advapi32's functions for a real engine's P/Invoke: what they answer is asked of the PC. On this
   system the runtime takes errno for the last Win32 error. */
#include <errno.h>
#include <stdint.h>

static uint32_t (*write_)(void *, uint32_t);
static uint32_t (*read_)(void *, uint32_t, uint32_t, void *);
static uint32_t (*delete_)(void *, uint32_t, uint32_t);
static void (*free_)(void *);
static uint32_t (*logon_)(void *, void *, void *, uint32_t, uint32_t, void *);

void onshi_bind(void *write, void *read, void *delete, void *free, void *logon) {
  write_ = write, read_ = read, delete_ = delete, free_ = free, logon_ = logon;
}
static int32_t told(uint32_t code) { errno = (int)code; return code == 0; }

int32_t CredWriteW(void *credential, uint32_t flags) { return told(write_(credential, flags)); }
int32_t CredReadW(void *target, uint32_t kind, uint32_t flags, void *result) { return told(read_(target, kind, flags, result)); }
int32_t CredDeleteW(void *target, uint32_t kind, uint32_t flags) { return told(delete_(target, kind, flags)); }
void CredFree(void *buffer) { free_(buffer); }
int32_t LogonUserW(void *user, void *domain, void *password, uint32_t kind, uint32_t provider, void *token) {
  return told(logon_(user, domain, password, kind, provider, token));
}
int32_t CloseHandle(void *handle) { return handle != 0; }
