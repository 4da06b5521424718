//! A cartogram of 125 regions in rows, widest in the middle: no map of any province, but of its size.

/// Hexagons of each row, from above.
const ROWS: [u8; 12] = [5, 8, 11, 13, 14, 14, 14, 13, 12, 10, 8, 3];

pub(crate) fn geojson() -> String {
    let widest = ROWS.into_iter().max().expect("rows");
    let places = (0u8..).zip(ROWS).flat_map(|(row, length)| {
        let left = (widest - length) / 2;
        (left..left + length).map(move |column| [column, row])
    });
    let features = (1..).zip(places).map(|(region, [column, row])| {
        format!(
            "{{\"type\": \"Feature\", \"properties\": {{\"region\": {region}, \"hex\": [{column}, {row}]}}, \"geometry\": null}}"
        )
    });
    let features = features.collect::<Vec<String>>();
    format!(
        "{{\"type\": \"FeatureCollection\", \"features\": [\n{}\n]}}\n",
        features.join(",\n")
    )
}
