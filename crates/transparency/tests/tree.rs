//! Trees against the known vectors, and what is made from tiles against the definition in RFC 6962.

mod log;

use proptest::prelude::*;
use transparency::{
    Contents, Hash, PROOF_HASHES_MAX, ProofError, SIZE_MAX, Tile, TilePath, TiledTree, Tiles,
    TreeBuilder, list_path, list_root, verify_consistency, verify_inclusion,
};

use log::{grown, leaf, leaves};

/// The entries of the vectors that implementations of RFC 6962 share, in hexadecimal.
const ENTRIES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The root over the first entries, from none to all.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .expect("hexadecimal")
}

#[test]
fn the_known_vectors_hold() {
    let leaves: Vec<Hash> = ENTRIES.map(|entry| Hash::of_leaf(&hex(entry))).to_vec();
    let mut tree = TreeBuilder::new();
    for (size, root) in ROOTS.iter().enumerate() {
        let root = Hash(hex(root).try_into().expect("32 bytes"));
        assert_eq!(list_root(&leaves[..size]), root, "{size}");
        assert_eq!(tree.root(), root, "{size}");
        if let Some(leaf) = leaves.get(size) {
            tree.append(*leaf).expect("room");
        }
    }
}

/// RFC 6962, section 2.1.3: the proofs of its example tree of seven leaves, by name.
#[test]
fn the_examples_of_the_rfc_hold() {
    let d = leaves(7);
    let node = Hash::of_node;
    let (a, b, c, e) = (d[0], d[1], d[2], d[4]);
    let (f, j) = (d[5], d[6]);
    let (g, h, i) = (node(a, b), node(c, d[3]), node(e, f));
    let (k, l) = (node(g, h), node(i, j));
    let (_, mut served) = grown(7);
    let mut tree = TiledTree::new(7, &mut served);
    let inclusions = [
        (0, vec![b, h, l]),
        (3, vec![c, g, l]),
        (4, vec![f, j, k]),
        (6, vec![i, k]),
    ];
    for (index, expected) in inclusions {
        assert_eq!(tree.inclusion(index), Ok(Some(expected)), "{index}");
    }
    for (old, expected) in [(3, vec![c, d[3], g, l]), (4, vec![l]), (6, vec![i, j, k])] {
        assert_eq!(tree.consistency(old), Ok(Some(expected)), "{old}");
    }
    assert_eq!(tree.inclusion(7), Ok(None));
    assert_eq!(tree.consistency(8), Ok(None));
}

/// Sizes at which levels of tiles begin and end, and some between.
fn sizes() -> impl Strategy<Value = u64> {
    prop_oneof![
        0_u64..600,
        Just(255),
        Just(256),
        Just(257),
        Just(65_535),
        Just(65_536),
        Just(65_537),
        65_000_u64..66_500,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_tiles_prove_is_what_the_definition_says(size in sizes(), at in any::<u64>(), old in any::<u64>()) {
        let (tree, mut served) = grown(size);
        let all = leaves(size);
        let root = list_root(&all);
        prop_assert_eq!(tree.root(), root);
        let mut tiled = TiledTree::new(size, &mut served);
        prop_assert_eq!(tiled.root(), Ok(root));
        if size > 0 {
            let index = at % size;
            let path = tiled.inclusion(index).expect("served").expect("a leaf");
            let expected = list_path(&all, usize::try_from(index).expect("small"));
            prop_assert_eq!(Some(&path), expected.as_ref());
            prop_assert_eq!(verify_inclusion(leaf(index), index, size, &path, root), Ok(()));
            prop_assert!(verify_inclusion(leaf(index), at % size + 1, size, &path, root).is_err());
            prop_assert!(verify_inclusion(leaf(index + 1), index, size, &path, root).is_err());
            let longer = [&[leaf(size)], path.as_slice()].concat();
            prop_assert!(verify_inclusion(leaf(index), index, size, &longer, root).is_err());
            if let Some((_, shorter)) = path.split_first() {
                prop_assert!(verify_inclusion(leaf(index), index, size, shorter, root).is_err());
            }
        }
        let old = old % (size + 1);
        let old_root = list_root(&all[..usize::try_from(old).expect("small")]);
        prop_assert_eq!(TiledTree::new(old, &mut served).root(), Ok(old_root));
        let proof = TiledTree::new(size, &mut served).consistency(old).expect("served");
        let proof = proof.expect("a smaller tree");
        prop_assert_eq!(verify_consistency((old, old_root), (size, root), &proof), Ok(()));
        let restored = TreeBuilder::restore(size, &mut served).expect("served");
        prop_assert_eq!(restored, tree);
    }

    #[test]
    fn no_other_proof_holds(size in 1_u64..70, old in 1_u64..70, at in any::<prop::sample::Index>(), byte in 0_usize..32) {
        let (tree, mut served) = grown(size);
        let old = 1 + (old - 1) % size;
        let all = leaves(size);
        let old_root = list_root(&all[..usize::try_from(old).expect("small")]);
        let mut proof = TiledTree::new(size, &mut served).consistency(old).expect("served").expect("smaller");
        let check = |proof: &[Hash]| verify_consistency((old, old_root), (size, tree.root()), proof);
        prop_assert_eq!(check(&proof), Ok(()));
        let mut longer = proof.clone();
        longer.insert(at.index(longer.len() + 1), leaf(size));
        prop_assert!(check(&longer).is_err());
        let wrong_root = verify_consistency((old, leaf(size)), (size, tree.root()), &proof);
        prop_assert!(wrong_root.is_err());
        if !proof.is_empty() {
            let at = at.index(proof.len());
            proof[at].0[byte] ^= 1;
            prop_assert!(check(&proof).is_err());
            proof.remove(at);
            prop_assert!(check(&proof).is_err());
        }
    }

    /// A hostile proof of any sizes ends in an error, and soon.
    #[test]
    fn any_sizes_and_hashes_are_answered(a in any::<u64>(), b in any::<u64>(), hashes in 0_usize..70) {
        let proof = vec![leaf(0); hashes];
        let _ = verify_inclusion(leaf(1), a, b, &proof, leaf(2));
        let _ = verify_consistency((a, leaf(1)), (b, leaf(2)), &proof);
    }
}

#[test]
fn a_fork_a_rollback_and_a_giant_are_refused() {
    let (tree, mut served) = grown(9);
    let old = leaves(5);
    let proof = TiledTree::new(9, &mut served).consistency(5);
    let proof = proof.expect("served").expect("smaller");
    let mut other = old.clone();
    other[2] = leaf(99);
    let (old, fork) = ((5, list_root(&old)), (5, list_root(&other)));
    let new = (9, tree.root());
    assert_eq!(verify_consistency(old, new, &proof), Ok(()));
    let refused = verify_consistency(fork, new, &proof);
    assert!(matches!(refused, Err(ProofError::OldRoot { .. })));
    let refused = verify_consistency(old, (9, leaf(0)), &proof);
    assert!(matches!(refused, Err(ProofError::Root { .. })));
    let refused = verify_consistency(new, old, &proof);
    assert_eq!(refused, Err(ProofError::Shrunk { old: 9, new: 5 }));
    let size = SIZE_MAX + 1;
    let refused = verify_consistency(old, (size, leaf(0)), &proof);
    assert_eq!(refused, Err(ProofError::TooLarge { size }));
    // Where both sizes are the same, both roots must be.
    assert_eq!(verify_consistency(new, new, &[]), Ok(()));
    assert!(verify_consistency(old, fork, &[]).is_err());
}

/// What a log of 70,000 leaves serves, by the example of the tiles' text.
#[test]
fn a_log_serves_the_tiles_that_its_size_asks_for() {
    let (_, served) = grown(70_000);
    let partial: Vec<&str> = served
        .tiles
        .keys()
        .map(String::as_str)
        .filter(|path| path.contains(".p/"))
        .collect();
    assert_eq!(
        partial,
        ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    );
    let count = |start: &str| {
        let full = served.tiles.keys().filter(|path| !path.contains(".p/"));
        full.filter(|path| path.starts_with(start)).count()
    };
    assert_eq!(
        (count("tile/0/"), count("tile/1/"), count("tile/2/")),
        (273, 1, 0)
    );
}

#[test]
fn tile_names_have_one_spelling() {
    let hashes = |level, index, width| TilePath::new(Contents::Hashes { level }, index, width);
    for (path, expected) in [
        ("tile/0/000", hashes(0, 0, 256)),
        ("tile/0/x001/234", hashes(0, 1_234, 256)),
        ("tile/1/x001/x234/067.p/8", hashes(1, 1_234_067, 8)),
        ("tile/7/000.p/255", None),
        ("tile/7/000.p/64", hashes(7, 0, 64)),
        (
            "tile/entries/x123/000.p/1",
            TilePath::new(Contents::Entries, 123_000, 1),
        ),
    ] {
        let parsed: Option<TilePath> = path.parse().ok();
        assert_eq!(parsed, expected, "{path}");
        if let Some(tile) = parsed {
            assert_eq!(tile.to_string(), path);
        }
    }
    for path in [
        "tile/0/0",
        "tile/0/1234",
        // Found by fuzzing: read as tile/0/234.
        "tile/0//234",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/x000/234",
        "tile/00/000",
        "tile/8/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile//000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/8/0/000",
        "tile/entries/../000",
        "tile/0/-01",
        "tile/0/+01",
        "tile/0/\u{661}",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/data/000",
    ] {
        assert!(path.parse::<TilePath>().is_err(), "{path}");
    }
}

proptest! {
    #[test]
    fn any_name_is_a_tile_or_an_error(path in "(tile/)?([0-9]|entries)/(x[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(tile) = path.parse::<TilePath>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }
}

#[test]
fn a_tile_of_another_length_is_refused() {
    let path = TilePath::new(Contents::Hashes { level: 0 }, 3, 2).expect("a name");
    let tile = Tile {
        path,
        hashes: leaves(2),
    };
    let bytes = tile.to_bytes();
    assert_eq!(Tile::from_bytes(path, &bytes), Ok(tile));
    for bytes in [
        &bytes[..63],
        &bytes[..32],
        &[],
        &[&bytes[..], &[0]].concat(),
    ] {
        let error = Tile::from_bytes(path, bytes)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("tile/0/003.p/2") && error.contains("64"),
            "{error}"
        );
    }
    let entries = TilePath::new(Contents::Entries, 0, 2).expect("a name");
    assert!(Tile::from_bytes(entries, &bytes).is_err());
}

/// A checkpoint of any size may ask for tiles; none of them overflows.
#[test]
fn the_largest_tree_can_be_asked_for() {
    struct Zeros;
    impl Tiles for Zeros {
        type Error = ();
        fn hashes(&mut self, path: TilePath) -> Result<Vec<Hash>, ()> {
            Ok(vec![Hash::default(); path.width().into()])
        }
    }
    for size in [SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 3] {
        let mut zeros = Zeros;
        let mut tree = TiledTree::new(size, &mut zeros);
        let root = tree.root().expect("tiles");
        let path = tree.inclusion(size - 1).expect("tiles").expect("a leaf");
        assert!(path.len() < PROOF_HASHES_MAX, "{}", path.len());
        let proof = tree
            .consistency(size / 2 + 1)
            .expect("tiles")
            .expect("smaller");
        assert!(proof.len() <= PROOF_HASHES_MAX, "{}", proof.len());
        let restored = TreeBuilder::restore(size, &mut Zeros).expect("tiles");
        assert_eq!(restored.root(), root);
        assert!(!restored.partial_tiles().is_empty());
    }
    let mut full = TreeBuilder::restore(SIZE_MAX, &mut Zeros).expect("tiles");
    assert!(full.append(Hash::default()).is_err());
}
