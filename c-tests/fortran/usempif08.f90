! `use mpi_f08`: handles and statuses as types, absent error codes, sections of
! arrays, callbacks with interfaces.
module story
  use mpi_f08
  implicit none
  integer :: calls = 0
contains
  subroutine largest(invec, inoutvec, len, datatype)
    use, intrinsic :: iso_c_binding
    type(c_ptr), value :: invec, inoutvec
    integer :: len
    type(MPI_Datatype) :: datatype
    integer, pointer :: from(:), into(:)
    if (datatype /= MPI_INTEGER) print *, 'wrong datatype'
    call c_f_pointer(invec, from, [len])
    call c_f_pointer(inoutvec, into, [len])
    where (abs(from) > abs(into)) into = from
  end subroutine

  subroutine note(comm, error_code)
    type(MPI_Comm) :: comm
    integer :: error_code, class
    call MPI_Error_class(error_code, class)
    if (comm == MPI_COMM_SELF .and. class == MPI_ERR_RANK) calls = calls + 1
  end subroutine

  subroutine twice(oldcomm, comm_keyval, extra_state, attribute_val_in, attribute_val_out, flag, ierror)
    type(MPI_Comm) :: oldcomm
    integer :: comm_keyval, ierror
    integer(kind=MPI_ADDRESS_KIND) :: extra_state, attribute_val_in, attribute_val_out
    logical :: flag
    attribute_val_out = attribute_val_in * extra_state
    flag = .true.
    ierror = MPI_SUCCESS
  end subroutine
end module

program usempif08
  use mpi_f08
  use story
  implicit none
  integer :: rank, size
  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, size)
  call messages
  call sections
  call operations
  call errors
  call attributes
  call names
  call requests
  call MPI_Finalize()
contains

  subroutine messages
    type(MPI_Status) :: status
    integer :: n, numbers(4)
    numbers = [1, 2, 3, 4]
    if (rank == size - 1) call MPI_Send(numbers, 4, MPI_INTEGER, 0, 9, MPI_COMM_WORLD)
    if (rank == 0) then
      numbers = 0
      call MPI_Recv(numbers, 4, MPI_INTEGER, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, status)
      call MPI_Get_count(status, MPI_INTEGER, n)
      print *, 'received', numbers, n, status%MPI_TAG, status%MPI_SOURCE == size - 1
      call MPI_Recv(numbers, 4, MPI_INTEGER, MPI_PROC_NULL, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE)
      print *, 'nobody', numbers
    end if
  end subroutine

  subroutine sections
    integer :: matrix(4, 4), got(4), i
    type(MPI_Request) :: request
    matrix = reshape([(i, i = 1, 16)], [4, 4])
    got = 0
    call MPI_Sendrecv(matrix(2, :), 4, MPI_INTEGER, rank, 1, got, 4, MPI_INTEGER, rank, 1, &
      MPI_COMM_WORLD, MPI_STATUS_IGNORE)
    if (rank == 0) print *, 'a row', got
    if (rank /= 0) matrix = 0
    call MPI_Bcast(matrix(3, 1:3), 3, MPI_INTEGER, 0, MPI_COMM_WORLD)
    if (rank == size - 1) call MPI_Send(matrix(3, :), 4, MPI_INTEGER, 0, 3, MPI_COMM_WORLD)
    if (rank == 0) then
      got = 0
      call MPI_Recv(got, 4, MPI_INTEGER, size - 1, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE)
      print *, 'another', got(1:3), got(4) == 0 .or. size == 1
    end if
    ! Where the compiler may copy, only the other end can be a section.
    matrix = 0
    if (MPI_SUBARRAYS_SUPPORTED) then
      call MPI_Irecv(matrix(4, :), 4, MPI_INTEGER, rank, 2, MPI_COMM_WORLD, request)
      call MPI_Send(got, 4, MPI_INTEGER, rank, 2, MPI_COMM_WORLD)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
    else
      call MPI_Irecv(matrix(:, 1), 4, MPI_INTEGER, rank, 2, MPI_COMM_WORLD, request)
      call MPI_Send(got, 4, MPI_INTEGER, rank, 2, MPI_COMM_WORLD)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
      matrix(4, :) = matrix(:, 1)
      matrix(1:3, 1) = 0
    end if
    if (rank == 0) print *, 'at once', matrix(4, 1:3), count(matrix(1:3, :) /= 0)
  end subroutine

  subroutine operations
    type(MPI_Op) :: op
    integer :: values(2), results(2)
    values = [-rank, 1]
    call MPI_Op_create(largest, .true., op)
    call MPI_Allreduce(values, results, 2, MPI_INTEGER, op, MPI_COMM_WORLD)
    call MPI_Op_free(op)
    if (rank == 0) print *, 'largest', results(1) == 1 - size, results(2), op == MPI_OP_NULL
    values = 1
    call MPI_Allreduce(MPI_IN_PLACE, values, 2, MPI_INTEGER, MPI_SUM, MPI_COMM_WORLD)
    if (rank == 0) print *, 'in place', values == size
  end subroutine

  subroutine errors
    type(MPI_Errhandler) :: handler
    integer :: code, class, number
    call MPI_Comm_create_errhandler(note, handler)
    call MPI_Comm_set_errhandler(MPI_COMM_SELF, handler)
    number = 1
    call MPI_Send(number, 1, MPI_INTEGER, 55, 1, MPI_COMM_SELF)
    call MPI_Send(number, 1, MPI_INTEGER, 55, 1, MPI_COMM_SELF, code)
    call MPI_Error_class(code, class)
    if (rank == 0) print *, 'errors', calls, class == MPI_ERR_RANK
    call MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_ARE_FATAL)
    call MPI_Errhandler_free(handler)
  end subroutine

  subroutine attributes
    type(MPI_Comm) :: comm
    integer :: key, other
    integer(kind=MPI_ADDRESS_KIND) :: value, extra
    logical :: flag
    extra = 2
    call MPI_Comm_create_keyval(twice, MPI_COMM_NULL_DELETE_FN, key, extra)
    call MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, other, extra)
    value = 21
    call MPI_Comm_set_attr(MPI_COMM_SELF, key, value)
    call MPI_Comm_set_attr(MPI_COMM_SELF, other, value)
    call MPI_Comm_dup(MPI_COMM_SELF, comm)
    call MPI_Comm_get_attr(comm, key, value, flag)
    if (rank == 0) print *, 'twice', value, flag
    call MPI_Comm_get_attr(comm, other, value, flag)
    if (rank == 0) print *, 'not copied', flag
    call MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, value, flag)
    if (rank == 0) print *, 'tags', flag, value >= 32767
    call MPI_Comm_delete_attr(MPI_COMM_SELF, key)
    call MPI_Comm_delete_attr(MPI_COMM_SELF, other)
    call MPI_Comm_free(comm)
    call MPI_Comm_free_keyval(key)
    call MPI_Comm_free_keyval(other)
  end subroutine

  subroutine names
    character(len=MPI_MAX_OBJECT_NAME) :: name
    character(len=6) :: value
    type(MPI_Info) :: info
    type(MPI_Datatype) :: type
    integer :: length
    logical :: flag
    call MPI_Type_contiguous(3, MPI_REAL, type)
    call MPI_Type_set_name(type, 'three reals')
    call MPI_Type_get_name(type, name, length)
    if (rank == 0) print *, 'named ', trim(name), length
    call MPI_Type_free(type)
    call MPI_Info_create(info)
    call MPI_Info_set(info, 'colour', 'green ')
    call MPI_Info_get(info, 'colour', 6, value, flag)
    if (rank == 0) print *, 'info ', value, '|', flag
    call MPI_Info_free(info)
    if (rank == 0) print *, 'gone', info == MPI_INFO_NULL
  end subroutine

  subroutine requests
    type(MPI_Request) :: all(3)
    type(MPI_Status) :: statuses(3)
    integer :: values(3), i
    logical :: flag
    do i = 1, 3
      call MPI_Irecv(values(i), 1, MPI_INTEGER, 0, i, MPI_COMM_SELF, all(i))
    end do
    call MPI_Send(20, 1, MPI_INTEGER, 0, 2, MPI_COMM_SELF)
    call MPI_Wait(all(2), statuses(2))
    if (rank == 0) print *, 'first', values(2), all(2) == MPI_REQUEST_NULL
    call MPI_Send(10, 1, MPI_INTEGER, 0, 1, MPI_COMM_SELF)
    call MPI_Send(30, 1, MPI_INTEGER, 0, 3, MPI_COMM_SELF)
    call MPI_Waitall(3, all, statuses)
    if (rank == 0) print *, 'all', values, statuses(1)%MPI_TAG, statuses(3)%MPI_TAG
    call MPI_Testall(3, all, flag, MPI_STATUSES_IGNORE)
    if (rank == 0) print *, 'done', flag
  end subroutine
end program
