//! The cheapest border between two sides of a grid of pixels, by maximum flow.
//!
//! The algorithm with two search trees of Boykov and Kolmogorov 2004, on a grid with eight neighbours. Nodes are
//! pixels, row by row; the first side hangs on the source of the flow, the second on its sink.

use std::collections::VecDeque;

/// Steps to the eight neighbours; a direction and its opposite differ in the last bit.
pub(super) const NEIGHBOURS: [[isize; 2]; 8] = [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [1, 1],
    [-1, -1],
    [1, -1],
    [-1, 1],
];
/// Instead of a direction: the parent is source or sink, there is none, it was lost.
const TERMINAL: u8 = 8;
const NONE: u8 = 9;
const ORPHAN: u8 = 10;

/// Which tree a node belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tree {
    Free,
    First,
    Second,
}

/// A grid to be cut.
#[derive(Debug)]
pub(super) struct GridCut {
    width: usize,
    height: usize,
    /// What is left of the edge to the source, or, below 0, to the sink.
    terminal: Vec<i32>,
    /// What is left of the edge to each neighbour.
    edges: Vec<[i32; 8]>,
    tree: Vec<Tree>,
    /// Direction of the parent.
    parent: Vec<u8>,
    /// When the distance was last known to be right, and the distance from the root.
    stamp: Vec<u32>,
    distance: Vec<u32>,
    active: VecDeque<usize>,
    is_active: Vec<bool>,
    orphans: VecDeque<usize>,
    now: u32,
}

impl GridCut {
    /// A grid; `preference` above 0 is what it costs to put a pixel on the second side, below 0 what
    /// it costs on the first; `edge` is what it costs to part a pixel from the neighbour in a
    /// direction of [`NEIGHBOURS`], the same both ways.
    pub(super) fn new(
        [width, height]: [usize; 2],
        preference: &[i32],
        edge: impl Fn(usize, usize) -> i32,
    ) -> Self {
        let count = width * height;
        let mut cut = Self {
            width,
            height,
            terminal: preference.to_vec(),
            edges: vec![[0; 8]; count],
            tree: vec![Tree::Free; count],
            parent: vec![NONE; count],
            stamp: vec![0; count],
            distance: vec![0; count],
            active: VecDeque::new(),
            is_active: vec![false; count],
            orphans: VecDeque::new(),
            now: 0,
        };
        for node in 0..count {
            for direction in (0..8).step_by(2) {
                if let Some(other) = cut.neighbour(node, direction) {
                    let cost = edge(node, direction);
                    cut.edges[node][direction] = cost;
                    cut.edges[other][direction ^ 1] = cost;
                }
            }
        }
        cut
    }

    /// Cut; whether each pixel is on the first side.
    pub(super) fn cut(mut self) -> Vec<bool> {
        for node in 0..self.terminal.len() {
            self.tree[node] = match self.terminal[node] {
                1.. => Tree::First,
                0 => continue,
                _ => Tree::Second,
            };
            self.parent[node] = TERMINAL;
            self.distance[node] = 1;
            self.activate(node);
        }
        while let Some(node) = self.active.pop_front() {
            self.is_active[node] = false;
            while self.tree[node] != Tree::Free {
                let Some((first, direction)) = self.grow(node) else {
                    break;
                };
                self.now += 1;
                self.augment(first, direction);
                while let Some(orphan) = self.orphans.pop_front() {
                    self.adopt(orphan);
                }
            }
        }
        self.tree.iter().map(|tree| *tree == Tree::First).collect()
    }

    fn neighbour(&self, node: usize, direction: usize) -> Option<usize> {
        let [x, y] = [node % self.width, node / self.width].map(|value| value as isize);
        let [x, y] = [x + NEIGHBOURS[direction][0], y + NEIGHBOURS[direction][1]];
        let is_inside =
            (0..self.width as isize).contains(&x) && (0..self.height as isize).contains(&y);
        is_inside.then(|| y as usize * self.width + x as usize)
    }

    /// All neighbours with their directions.
    fn around(&self, node: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let found: [Option<usize>; 8] = std::array::from_fn(|way| self.neighbour(node, way));
        let found = found.into_iter().enumerate();
        found.filter_map(|(way, other)| Some((way, other?)))
    }

    /// The neighbour that must be there, as a parent is.
    fn parent_of(&self, node: usize) -> usize {
        self.neighbour(node, usize::from(self.parent[node]))
            .expect("a parent lies in the grid")
    }

    fn activate(&mut self, node: usize) {
        if !self.is_active[node] {
            self.is_active[node] = true;
            self.active.push_back(node);
        }
    }

    /// What can still flow between a node and the neighbour in a direction, away from the source.
    fn room(&self, node: usize, direction: usize, other: usize) -> i32 {
        match self.tree[node] {
            Tree::Second => self.edges[other][direction ^ 1],
            _ => self.edges[node][direction],
        }
    }

    /// Let the tree of a node grow; where it meets the other, the node of the first tree there and the
    /// direction of that of the second.
    fn grow(&mut self, node: usize) -> Option<(usize, usize)> {
        for (direction, other) in self.around(node) {
            if self.room(node, direction, other) <= 0 {
                continue;
            }
            if self.tree[other] == Tree::Free {
                self.tree[other] = self.tree[node];
                self.hang(other, direction ^ 1, node);
                self.activate(other);
            } else if self.tree[other] != self.tree[node] {
                return Some(match self.tree[node] {
                    Tree::First => (node, direction),
                    _ => (other, direction ^ 1),
                });
            } else if self.stamp[other] <= self.stamp[node]
                && self.distance[other] > self.distance[node] + 1
            {
                self.hang(other, direction ^ 1, node);
            }
        }
        None
    }

    fn hang(&mut self, node: usize, direction: usize, parent: usize) {
        self.parent[node] = direction as u8;
        self.stamp[node] = self.stamp[parent];
        self.distance[node] = self.distance[parent] + 1;
    }

    /// Fill the way from the source over an edge between the trees to the sink.
    fn augment(&mut self, first: usize, direction: usize) {
        let second = self.neighbour(first, direction).expect("trees met there");
        let mut least = self.edges[first][direction];
        for (end, is_first) in [(first, true), (second, false)] {
            let mut node = end;
            while self.parent[node] != TERMINAL {
                let parent = self.parent_of(node);
                let way = usize::from(self.parent[node]);
                least = least.min(if is_first {
                    self.edges[parent][way ^ 1]
                } else {
                    self.edges[node][way]
                });
                node = parent;
            }
            least = least.min(self.terminal[node].abs());
        }
        self.edges[first][direction] -= least;
        self.edges[second][direction ^ 1] += least;
        for (end, sign) in [(first, 1), (second, -1)] {
            self.push(end, sign * least);
        }
    }

    /// Take `flow` from every edge between a node and its root: above 0 the flow comes from the source.
    fn push(&mut self, end: usize, flow: i32) {
        let mut node = end;
        while self.parent[node] != TERMINAL {
            let parent = self.parent_of(node);
            let way = usize::from(self.parent[node]);
            self.edges[parent][way ^ 1] -= flow;
            self.edges[node][way] += flow;
            let left = if flow > 0 {
                self.edges[parent][way ^ 1]
            } else {
                self.edges[node][way]
            };
            if left == 0 {
                self.orphan(node);
            }
            node = parent;
        }
        self.terminal[node] -= flow;
        if self.terminal[node] == 0 {
            self.orphan(node);
        }
    }

    fn orphan(&mut self, node: usize) {
        self.parent[node] = ORPHAN;
        self.orphans.push_back(node);
    }

    /// Find a new parent, the nearest to the root, or set the node free.
    fn adopt(&mut self, node: usize) {
        let mut best: Option<(usize, u32)> = None;
        for (direction, other) in self.around(node) {
            if self.tree[other] == self.tree[node]
                && self.room(other, direction ^ 1, node) > 0
                && let Some(distance) = self.distance_to_root(other)
                && best.is_none_or(|(_, nearest)| distance < nearest)
            {
                best = Some((direction, distance));
            }
        }
        if let Some((direction, distance)) = best {
            self.parent[node] = direction as u8;
            self.stamp[node] = self.now;
            self.distance[node] = distance + 1;
            return;
        }
        for (direction, other) in self.around(node) {
            if self.tree[other] != self.tree[node] {
                continue;
            }
            if self.room(other, direction ^ 1, node) > 0 {
                self.activate(other);
            }
            if usize::from(self.parent[other]) == direction ^ 1 {
                self.orphan(other);
            }
        }
        self.tree[node] = Tree::Free;
        self.parent[node] = NONE;
    }

    /// How far a node is from its root; `None` where an orphan lies between them. What is found is
    /// remembered for this moment.
    fn distance_to_root(&mut self, start: usize) -> Option<u32> {
        let (mut node, mut steps) = (start, 0);
        let whole = loop {
            if self.stamp[node] == self.now && self.parent[node] < NONE {
                break steps + self.distance[node];
            }
            match self.parent[node] {
                TERMINAL => {
                    self.stamp[node] = self.now;
                    self.distance[node] = 1;
                    break steps + 1;
                }
                NONE | ORPHAN => return None,
                _ => node = self.parent_of(node),
            }
            steps += 1;
        };
        let (mut node, mut distance) = (start, whole);
        while self.stamp[node] != self.now {
            self.stamp[node] = self.now;
            self.distance[node] = distance;
            distance -= 1;
            node = self.parent_of(node);
        }
        Some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a labelling costs.
    fn cost(
        size: [usize; 2],
        preference: &[i32],
        edge: &dyn Fn(usize, usize) -> i32,
        side: &[bool],
    ) -> i64 {
        let grid = GridCut::new(size, preference, edge);
        let mut sum = 0_i64;
        for node in 0..side.len() {
            let own = preference[node];
            sum += i64::from(if side[node] {
                (-own).max(0)
            } else {
                own.max(0)
            });
            for direction in (0..8).step_by(2) {
                if let Some(other) = grid.neighbour(node, direction) {
                    sum += i64::from(side[node] != side[other]) * i64::from(edge(node, direction));
                }
            }
        }
        sum
    }

    #[test]
    fn no_other_cut_of_small_grids_is_cheaper() {
        let mut state = 7_u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % below) as i32
        };
        for size in [[3, 3], [4, 3], [2, 5], [1, 6]] {
            for _ in 0..40 {
                let count = size[0] * size[1];
                let preference: Vec<i32> = (0..count).map(|_| random(41) - 20).collect();
                let costs: Vec<[i32; 8]> = (0..count)
                    .map(|_| std::array::from_fn(|_| random(12)))
                    .collect();
                let edge = |node: usize, direction: usize| costs[node][direction];
                let found = GridCut::new(size, &preference, edge).cut();
                let found = cost(size, &preference, &edge, &found);
                let best = (0..1_u32 << count)
                    .map(|bits| {
                        let side: Vec<bool> =
                            (0..count).map(|node| bits >> node & 1 == 1).collect();
                        cost(size, &preference, &edge, &side)
                    })
                    .min();
                assert_eq!(Some(found), best, "{size:?}");
            }
        }
    }

    #[test]
    fn a_noisy_disc_is_cut_out_whole() {
        let size = [60, 50];
        let is_disc = |node: usize| {
            let [x, y] = [node % 60, node / 60].map(|value| value as f32);
            (x - 30.0).hypot(y - 25.0) < 15.0
        };
        let preference: Vec<i32> = (0..3000)
            .map(|node| {
                let noise = (node * 7919 % 13) as i32 - 6;
                if is_disc(node) { 4 + noise } else { -4 + noise }
            })
            .collect();
        let found = GridCut::new(size, &preference, |_, _| 6).cut();
        let wrong = (0..3000)
            .filter(|node| found[*node] != is_disc(*node))
            .count();
        assert!(wrong < 60, "{wrong}");
    }
}
