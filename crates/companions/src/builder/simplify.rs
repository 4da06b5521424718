//! Which corners of a line matter, by Visvalingam and Whyatt: the corner whose triangle with its neighbours is
//! smallest goes first, then the next one, and the area at which a corner went is its weight.
//!
//! All of it is in whole numbers, and does not depend on the direction in which the line is walked: the border of
//! two regions loses the same corners on both sides.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::geometry::Point;

/// The weight of each corner between the ends of a line, in half squares of the grid. The ends themselves stay
/// whatever happens.
pub(super) fn weights(line: &[Point]) -> Vec<u64> {
    let count = line.len();
    let mut weights = vec![u64::MAX; count];
    let mut before: Vec<usize> = (0..count).map(|at| at.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (1..=count).collect();
    let area = |one: usize, at: usize, other: usize| {
        doubled_area(&[line[one], line[at], line[other]]).unsigned_abs()
    };
    let mut heap: BinaryHeap<Reverse<(u64, Point, usize)>> = (1..count.saturating_sub(1))
        .map(|at| Reverse((area(at - 1, at, at + 1), line[at], at)))
        .collect();
    // The area that is up to date for each corner: older entries of the heap are passed over.
    let mut current = vec![u64::MAX; count];
    for Reverse((area, _, at)) in &heap {
        current[*at] = *area;
    }
    let mut largest = 0;
    while let Some(Reverse((size, _, at))) = heap.pop() {
        if weights[at] != u64::MAX || current[at] != size {
            continue;
        }
        // A corner never goes before one that went for less.
        largest = size.max(largest);
        weights[at] = largest;
        let (one, other) = (before[at], after[at]);
        after[one] = other;
        before[other] = one;
        for neighbour in [one, other] {
            if neighbour > 0 && neighbour < count - 1 {
                let size = area(before[neighbour], neighbour, after[neighbour]);
                current[neighbour] = size;
                heap.push(Reverse((size, line[neighbour], neighbour)));
            }
        }
    }
    weights
}

/// Twice the area inside a ring in squares of the grid; the sign says in which direction it is walked.
pub(super) fn doubled_area(ring: &[Point]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let pieces = ring.iter().zip(next).map(|([x, y], [to_x, to_y])| {
        let [x, y, to_x, to_y] = [*x, *y, *to_x, *to_y].map(i64::from);
        x * to_y - to_x * y
    });
    pieces.sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_flattest_corner_goes_first() {
        let line = [[0, 0], [10, 1], [20, 0], [30, 40], [40, 0]];
        let weights = weights(&line);
        assert_eq!(weights[0], u64::MAX);
        assert_eq!(weights[4], u64::MAX);
        assert!(weights[1] < weights[2] && weights[2] < weights[3]);
        assert_eq!(weights[1], 20);
    }

    /// Without the second corner the third one hardly matters, but it stood there longer.
    #[test]
    fn a_corner_weighs_no_less_than_one_that_went_before() {
        let line = [[0, 0], [25, 6], [20, 1], [40, 0]];
        assert_eq!(weights(&line), [u64::MAX, 95, 95, u64::MAX]);
    }

    #[test]
    fn areas_are_twice_what_they_are() {
        assert_eq!(doubled_area(&[[0, 0], [10, 0], [10, 10], [0, 10]]), 200);
        assert_eq!(doubled_area(&[[0, 10], [10, 10], [10, 0], [0, 0]]), -200);
        assert_eq!(doubled_area(&[]), 0);
    }

    proptest! {
        #[test]
        fn the_direction_does_not_matter(
            line in proptest::collection::hash_set((0u16..60, 0u16..60), 2..40)
        ) {
            let mut line: Vec<Point> = line.into_iter().map(|(x, y)| [x, y]).collect();
            let forwards = weights(&line);
            line.reverse();
            let mut backwards = weights(&line);
            backwards.reverse();
            prop_assert_eq!(forwards, backwards);
        }
    }
}
