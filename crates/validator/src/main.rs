//! The program `validator`.

use std::process::ExitCode;

use zeroizing_alloc::ZeroAlloc;

/// Wipes every block of memory that is freed: hyper's buffers and whatever copies libraries make
/// hold the bytes of requests, and with them NAS and codes.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    validator::main()
}
