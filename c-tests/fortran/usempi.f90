! `use mpi`: the same library as mpif.h behind interfaces; derived types with
! components, C_PTR memory, MPI_Sizeof, PMPI names and generic names.
program usempi
  use mpi
  use, intrinsic :: iso_c_binding
  implicit none
  integer :: rank, size, ierr
  call MPI_Init(ierr)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierr)
  call MPI_Comm_size(MPI_COMM_WORLD, size, ierr)
  call records
  call memory
  call sizes
  call groups
  call twins
  call ring
  call MPI_Finalize(ierr)
contains

  subroutine records
    type :: particle
      sequence
      double precision :: place(3)
      integer :: kind
      integer :: filler
    end type
    type(particle) :: one(2)
    integer :: type, resized, lengths(2), kinds(2), status(MPI_STATUS_SIZE), n
    integer(kind=MPI_ADDRESS_KIND) :: places(2), lower, extent
    call MPI_Get_address(one(1)%place, places(1), ierr)
    call MPI_Get_address(one(1)%kind, places(2), ierr)
    places(2) = MPI_Aint_diff(places(2), places(1))
    places(1) = 0
    lengths = [3, 1]
    kinds = [MPI_DOUBLE_PRECISION, MPI_INTEGER]
    call MPI_Type_create_struct(2, lengths, places, kinds, type, ierr)
    lower = 0
    extent = 32
    call MPI_Type_create_resized(type, lower, extent, resized, ierr)
    call MPI_Type_commit(resized, ierr)
    one(:)%kind = -1
    if (rank == 0) then
      one(1) = particle([1d0, 2d0, 3d0], 7, 0)
      one(2) = particle([4d0, 5d0, 6d0], 8, 0)
    end if
    call MPI_Bcast(one, 2, resized, 0, MPI_COMM_WORLD, ierr)
    if (rank == size - 1) call MPI_Send(one, 2, resized, 0, 5, MPI_COMM_WORLD, ierr)
    if (rank == 0) then
      one(:)%kind = 0
      call MPI_Recv(one, 2, resized, size - 1, 5, MPI_COMM_WORLD, status, ierr)
      call MPI_Get_elements(status, resized, n, ierr)
      print *, 'records', one(:)%kind, sum(one(1)%place) + sum(one(2)%place), n
    end if
    call MPI_Type_free(resized, ierr)
    call MPI_Type_free(type, ierr)
    if (rank == 0) print *, 'freed', type == MPI_DATATYPE_NULL
  end subroutine

  subroutine memory
    integer(kind=MPI_ADDRESS_KIND) :: bytes, plain
    type(c_ptr) :: at
    integer, pointer :: numbers(:)
    integer :: room(10000), attached
    bytes = 400
    call MPI_Alloc_mem(bytes, MPI_INFO_NULL, at, ierr)
    call c_f_pointer(at, numbers, [100])
    numbers = rank
    call MPI_Allreduce(MPI_IN_PLACE, numbers, 100, MPI_INTEGER, MPI_MAX, MPI_COMM_WORLD, ierr)
    if (rank == 0) print *, 'memory', all(numbers == size - 1)
    call MPI_Free_mem(numbers, ierr)
    call MPI_Alloc_mem(bytes, MPI_INFO_NULL, plain, ierr)
    at = transfer(plain, at)
    call c_f_pointer(at, numbers, [100])
    numbers = 3
    if (rank == 0) print *, 'memory by its address', sum(numbers)
    call MPI_Free_mem(numbers, ierr)
    call MPI_Buffer_attach(room, 40000, ierr)
    call MPI_Buffer_detach(room, attached, ierr)
    if (rank == 0) print *, 'buffer', attached
  end subroutine

  subroutine sizes
    double precision :: real8
    integer :: number, bytes
    complex :: scalar
    call MPI_Sizeof(real8, bytes, ierr)
    if (rank == 0) print *, 'bytes of a double', bytes
    call MPI_Sizeof(number, bytes, ierr)
    if (rank == 0) print *, 'bytes of an integer', bytes
    call MPI_Sizeof(scalar, bytes, ierr)
    if (rank == 0) print *, 'bytes of a complex', bytes
  end subroutine

  subroutine groups
    integer :: world, some, n, result, ranges(3, 1), translated(1), comm
    call MPI_Comm_group(MPI_COMM_WORLD, world, ierr)
    ranges(:, 1) = [0, size - 1, 2]
    call MPI_Group_range_incl(world, 1, ranges, some, ierr)
    call MPI_Group_size(some, n, ierr)
    if (rank == 0) print *, 'every other', n == (size + 1) / 2
    call MPI_Group_translate_ranks(some, 1, [0], world, translated, ierr)
    call MPI_Group_compare(world, some, result, ierr)
    if (rank == 0) print *, 'compared', translated, result == MPI_UNEQUAL .or. size < 2
    call MPI_Comm_create(MPI_COMM_WORLD, some, comm, ierr)
    if (mod(rank, 2) == 1 .neqv. comm == MPI_COMM_NULL) print *, 'wrong members'
    if (comm /= MPI_COMM_NULL) call MPI_Comm_free(comm, ierr)
    call MPI_Group_free(some, ierr)
    call MPI_Group_free(world, ierr)
  end subroutine

  subroutine twins
    integer :: total
    call PMPI_Allreduce(1, total, 1, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD, ierr)
    if (rank == 0) print *, 'twins', total == size
  end subroutine

  subroutine ring
    integer :: token, requests(2), statuses(MPI_STATUS_SIZE, 2), i
    logical :: done
    token = -1
    do i = 1, 2
      call MPI_Irecv(token, 1, MPI_INTEGER, mod(rank + size - 1, size), i, MPI_COMM_WORLD, &
        requests(1), ierr)
      call MPI_Isend(rank, 1, MPI_INTEGER, mod(rank + 1, size), i, MPI_COMM_WORLD, &
        requests(2), ierr)
      done = .false.
      do while (.not. done)
        call MPI_Testall(2, requests, done, statuses, ierr)
      end do
    end do
    if (rank == 0) print *, 'ring', token == size - 1, statuses(MPI_TAG, 1)
  end subroutine
end program
