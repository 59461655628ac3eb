/* What mpi-secure offers beyond MPI. Printed by cbindgen from
 * src/abi/extension.rs; a test keeps this file fresh. */

#ifndef MPI_SECURE_H
#define MPI_SECURE_H

#include <stddef.h>
#include <mpi.h>
#include "mpi_secure_module.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Security at run time: docs/security.md, "What a program may say". Each returns
 * an error code, through the communicator's error handler. */

/* Asks for a security context on a communicator, by the name of a context of the
 * policy or of a suite, such as "aes-256-gcm": from now on this process sends on
 * it in no weaker one. "" takes that back. Less than the policy gives is an error.
 * All members should ask for the same. To have the receivers insist on it from
 * the first message on, give the name with the info key "mpi_secure_context" to
 * the function that makes the communicator. */
int MPIX_Secure_attach(MPI_Comm comm, const char *context);

/* In which context a message of so many bytes to that rank would travel: a name
 * of less than MPI_MAX_OBJECT_NAME bytes. What stays within the host may travel
 * in none: see MPIX_Secure_link. */
int MPIX_Secure_context(MPI_Comm comm, int rank, int tag, MPI_Count bytes, char *context,
                        int *resultlen);

/* The link with that rank as the job's report has it (JSON); "null" where there is
 * none yet. Stores at most room bytes with the NUL, and the length of the whole. */
int MPIX_Secure_link(MPI_Comm comm, int rank, char *text, int room, int *length);

/* The report of all ranks of an intracommunicator (JSON); collective. As above. */
int MPIX_Secure_report(MPI_Comm comm, char *text, int room, int *length);

#ifdef __cplusplus
}
#endif


// `MPI_Status` of programs compiled with MPICH's header.
typedef struct mpi_secure_status_mpich {
  // Lower 32 bits of the number of bytes.
  int count_low;
  // Upper 31 bits of it, above one bit that says "cancelled".
  int count_high_and_cancelled;
  int source;
  int tag;
  int error;
} mpi_secure_status_mpich;

// `MPI_Status` of programs compiled with Open MPI's header.
typedef struct mpi_secure_status_openmpi {
  int source;
  int tag;
  int error;
  int cancelled;
  // Number of bytes.
  size_t count;
} mpi_secure_status_openmpi;

// `MPI_Status` of the standard ABI.
typedef struct mpi_secure_status_standard {
  int source;
  int tag;
  int error;
  // As the first two words of MPICH's.
  int count_low;
  int count_high_and_cancelled;
  int unused[3];
} mpi_secure_status_standard;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Version of the library, such as "0.1.0".
const char *mpi_secure_version(void);

// The ABI this program was found to use: "mpich", "openmpi", "standard", or
// "unknown" while nothing has told.
const char *mpi_secure_abi(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* MPI_SECURE_H */
