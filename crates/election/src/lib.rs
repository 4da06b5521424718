//! The event definition (laws, elections, regions, candidates) and the choices a voter can make.
