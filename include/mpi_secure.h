/* What mpi-secure offers beyond MPI. Printed by cbindgen from
 * src/abi/extension.rs; a test keeps this file fresh. */

#ifndef MPI_SECURE_H
#define MPI_SECURE_H

#include <stddef.h>

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
