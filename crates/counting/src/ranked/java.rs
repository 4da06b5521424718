//! `java.util.Random`, because published seeds are drawn with it.
//!
//! The generator is specified to the bit in the Java API documentation: a 48-bit linear
//! congruential generator whose results every Java version must give alike.

pub(crate) struct JavaRandom {
    state: u64,
}

const MULTIPLIER: u64 = 0x5_DEEC_E66D;
const MASK: u64 = (1 << 48) - 1;

impl JavaRandom {
    pub(crate) fn new(seed: i64) -> JavaRandom {
        JavaRandom {
            state: (seed.cast_unsigned() ^ MULTIPLIER) & MASK,
        }
    }

    /// The next `bits` bits, at most 32.
    fn next(&mut self, bits: u32) -> u64 {
        self.state = (self.state.wrapping_mul(MULTIPLIER).wrapping_add(0xB)) & MASK;
        self.state >> (48 - bits)
    }

    /// floor(nextDouble() * n), computed on the 53 bits themselves.
    pub(crate) fn index_by_double(&mut self, n: usize) -> usize {
        let bits = (self.next(26) << 27) + self.next(27);
        let index = (u128::from(bits) * n as u128) >> 53;
        usize::try_from(index).expect("below n, which is a usize")
    }

    /// nextInt(bound), for a bound from 1 to 2^31 - 1.
    fn next_int(&mut self, bound: u32) -> u32 {
        let below = |value: u64| u32::try_from(value).expect("below the bound, which is a u32");
        let bound = u64::from(bound);
        if bound.is_power_of_two() {
            return below((bound * self.next(31)) >> 31);
        }
        loop {
            let bits = self.next(31);
            let value = bits % bound;
            // Java detects the incomplete last range by the overflow of an int.
            if bits - value + (bound - 1) < 1 << 31 {
                return below(value);
            }
        }
    }

    /// Shuffles as `Collections.shuffle(list, this)` does.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for size in (2..=list.len()).rev() {
            let bound = u32::try_from(size).expect("a contest has at most 2^15 candidates");
            list.swap(size - 1, self.next_int(bound) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JavaRandom;

    /// Values that `new java.util.Random(seed)` is known to give.
    #[test]
    fn gives_the_values_of_java() {
        // Random(42).nextInt(10): 0, 3, 8, 4, 0.
        let mut random = JavaRandom::new(42);
        let drawn: Vec<u32> = (0..5).map(|_| random.next_int(10)).collect();
        assert_eq!(drawn, [0, 3, 8, 4, 0]);
        // Random(1).nextDouble(): 0.7308781907032909, 0.41008081149220166.
        let mut random = JavaRandom::new(1);
        assert_eq!(random.index_by_double(1_000_000), 730_878);
        assert_eq!(random.index_by_double(1_000_000), 410_080);
        // Random(0).nextDouble(): 0.730967787376657.
        assert_eq!(JavaRandom::new(0).index_by_double(1_000_000), 730_967);
    }
}
