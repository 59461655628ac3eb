! `use mpi_f08`: nonblocking collectives whose buffers are sections with gaps of
! which every rank's part is one. Where the compiler copies sections (Open MPI
! says so by MPI_SUBARRAYS_SUPPORTED) the program copies them itself.
program parts
  use mpi_f08
  implicit none
  integer :: rank, size
  call MPI_Init()
  call MPI_Comm_rank(MPI_COMM_WORLD, rank)
  call MPI_Comm_size(MPI_COMM_WORLD, size)
  call everybody
  call exchange
  call ragged
  call spread
  call MPI_Finalize()
contains

  subroutine everybody
    integer :: mine(2), table(3, 2 * size), dense(2 * size)
    type(MPI_Request) :: request
    mine = [rank, rank * 10]
    table = -1
    if (MPI_SUBARRAYS_SUPPORTED) then
      call MPI_Iallgather(mine, 2, MPI_INTEGER, table(2, :), 2, MPI_INTEGER, &
        MPI_COMM_WORLD, request)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
    else
      call MPI_Iallgather(mine, 2, MPI_INTEGER, dense, 2, MPI_INTEGER, &
        MPI_COMM_WORLD, request)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
      table(2, :) = dense
    end if
    if (rank == size - 1) call tell(1, table(2, :))
    if (rank == size - 1) call tell(2, [count(table == -1)])
    call hear(1)
    call hear(2)
  end subroutine

  subroutine exchange
    integer :: from(2, size), to(size, 2), dense(size), i
    type(MPI_Request) :: request
    from(1, :) = [(100 * rank + i, i = 1, size)]
    from(2, :) = 0
    to = -1
    if (MPI_SUBARRAYS_SUPPORTED) then
      call MPI_Ialltoall(from(1, :), 1, MPI_INTEGER, to(size:1:-1, 2), 1, MPI_INTEGER, &
        MPI_COMM_WORLD, request)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
    else
      dense = from(1, :)
      call MPI_Ialltoall(dense, 1, MPI_INTEGER, to(:, 2), 1, MPI_INTEGER, MPI_COMM_WORLD, request)
      call MPI_Wait(request, MPI_STATUS_IGNORE)
      to(:, 2) = to(size:1:-1, 2)
    end if
    if (rank == size - 1) call tell(3, to(:, 2))
    call hear(3)
  end subroutine

  ! What no part covers belongs to the program while the operation runs.
  subroutine ragged
    integer :: table(2, 3 * size), counts(size), places(size), i
    integer :: mine(2), dense(3 * size)
    type(MPI_Request) :: request
    mine = rank
    counts = 2
    places = [(3 * (i - 1), i = 1, size)]
    table = -1
    dense = -1
    if (MPI_SUBARRAYS_SUPPORTED) then
      call MPI_Iallgatherv(mine, 2, MPI_INTEGER, table(1, :), counts, places, &
        MPI_INTEGER, MPI_COMM_WORLD, request)
    else
      call MPI_Iallgatherv(mine, 2, MPI_INTEGER, dense, counts, places, &
        MPI_INTEGER, MPI_COMM_WORLD, request)
    end if
    table(1, 3) = 33
    dense(3) = 33
    call MPI_Wait(request, MPI_STATUS_IGNORE)
    if (.not. MPI_SUBARRAYS_SUPPORTED) table(1, :) = dense
    if (rank == 0) print *, 'ragged', table(1, :)
  end subroutine

  subroutine spread
    integer :: from(2 * size), got, i
    integer :: dense(size)
    type(MPI_Request) :: request
    from = [(i, i = 1, 2 * size)]
    got = -1
    if (MPI_SUBARRAYS_SUPPORTED) then
      call MPI_Iscatter(from(2::2), 1, MPI_INTEGER, got, 1, MPI_INTEGER, 0, MPI_COMM_WORLD, request)
    else
      dense = from(2::2)
      call MPI_Iscatter(dense, 1, MPI_INTEGER, got, 1, MPI_INTEGER, 0, MPI_COMM_WORLD, request)
    end if
    call MPI_Wait(request, MPI_STATUS_IGNORE)
    if (rank == size - 1) call tell(4, [got])
    call hear(4)
  end subroutine

  ! The last rank says it, and rank 0 prints it.
  subroutine tell(tag, numbers)
    integer, intent(in) :: tag, numbers(:)
    integer :: copy(32)
    copy = 0
    copy(1:ubound(numbers, 1)) = numbers
    call MPI_Send(copy, 32, MPI_INTEGER, 0, tag, MPI_COMM_WORLD)
  end subroutine

  subroutine hear(tag)
    integer, intent(in) :: tag
    integer :: copy(32)
    if (rank /= 0) return
    call MPI_Recv(copy, 32, MPI_INTEGER, size - 1, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE)
    print *, 'part', tag, copy(1:8)
  end subroutine
end program
