

fn main() {}
