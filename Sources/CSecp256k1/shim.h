#include <secp256k1.h>
#include <secp256k1_recovery.h>

/// The context that verifies; a function because Swift can't see that the library never changes the variable.
static inline const secp256k1_context *secp256k1_verifying_context(void) { return secp256k1_context_static; }
