//! Sorting, in a form that stays small in wasm.
//!
//! Each instance of the standard library's sort weighs up to 18 KB there. What is sorted here is short, bounded by the
//! limits of the protocol: it goes through one heap sort for all types.

/// Sorts ascending. Equal elements may change places.
pub(crate) fn sort<T: Ord>(items: &mut [T]) {
    sort_where(items, |a, b| a < b);
}

/// Sorts by a key, ascending. Elements of equal key may change places.
pub(crate) fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_where(items, |a, b| key(a) < key(b));
}

fn sort_where<T>(items: &mut [T], is_less: impl Fn(&T, &T) -> bool) {
    let length = items.len();
    heap_sort(&mut Slots { items, is_less }, length);
}

/// What the sort needs to know of a list: this alone is made anew for each type.
trait Sortable {
    fn is_less(&self, a: usize, b: usize) -> bool;
    fn swap(&mut self, a: usize, b: usize);
}

struct Slots<'a, T, F> {
    items: &'a mut [T],
    is_less: F,
}

impl<T, F: Fn(&T, &T) -> bool> Sortable for Slots<'_, T, F> {
    fn is_less(&self, a: usize, b: usize) -> bool {
        let pair = self.items.get(a).zip(self.items.get(b));
        pair.is_some_and(|(a, b)| (self.is_less)(a, b))
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.items.swap(a, b);
    }
}

/// Heap sort: never slower than n log n, whatever a peer sends.
fn heap_sort(list: &mut dyn Sortable, length: usize) {
    for root in (0..length / 2).rev() {
        sift_down(list, root, length);
    }
    for end in (1..length).rev() {
        list.swap(0, end);
        sift_down(list, 0, end);
    }
}

/// Lets the element at `root` sink until no child of it is greater.
fn sift_down(list: &mut dyn Sortable, mut root: usize, end: usize) {
    loop {
        let mut child = 2 * root + 1;
        if child >= end {
            return;
        }
        if child + 1 < end && list.is_less(child, child + 1) {
            child += 1;
        }
        if !list.is_less(root, child) {
            return;
        }
        list.swap(root, child);
        root = child;
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_list_comes_out_as_the_standard_library_sorts_it(list: Vec<u8>) {
            let mut expected = list.clone();
            expected.sort_unstable();
            let mut sorted = list.clone();
            sort(&mut sorted);
            prop_assert_eq!(&sorted, &expected);

            let mut numbered: Vec<(usize, u8)> = list.into_iter().enumerate().collect();
            let mut by_key = numbered.clone();
            numbered.sort_by_key(|(place, value)| (core::cmp::Reverse(*value), *place));
            sort_by_key(&mut by_key, |(place, value)| (core::cmp::Reverse(*value), *place));
            prop_assert_eq!(by_key, numbered);
        }
    }
}
