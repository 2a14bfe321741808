"""What a SKILL.md says at its top, as written, with the line of every key."""

from workbench.skills.frontmatter import parse


def test_keys_lines_and_body_are_where_the_file_has_them() -> None:
    matter = parse(
        b"---\nname: a\n\n# note\ndescription: >-\n  two\n  lines\nmetadata:\n  version: 1.0.0\n---\n\n# Hi\n"
    )
    assert matter.values == {"name": "a", "description": "two lines", "metadata": {"version": "1.0.0"}}
    assert (matter.lines["name"], matter.lines["description"], matter.lines["metadata.version"]) == (2, 5, 9)
    assert (matter.body, matter.body_line) == ("\n# Hi\n", 11)


def test_metadata_keeps_every_scalar_as_written() -> None:
    matter = parse(b"---\nmetadata: {a: 1.10, b: 0x1F, c: 2024-01-02, d: true, e: ~, f: 007}\n---\n")
    assert matter.values["metadata"] == {"a": "1.10", "b": "0x1F", "c": "2024-01-02", "d": "true", "e": "~", "f": "007"}


def test_other_values_have_their_yaml_types_but_dates_stay_text() -> None:
    matter = parse(b"---\na: 1\nb: 1.5\nc: true\nd: ~\ne: 2024-01-02\nf: [x, {y: z}]\n---\n")
    assert matter.values == {"a": 1, "b": 1.5, "c": True, "d": None, "e": "2024-01-02", "f": ["x", {"y": "z"}]}


def test_flow_style_anchors_and_merges_are_read() -> None:
    matter = parse(b"---\nbase: &b {x: '1', y: '2'}\nmetadata:\n  <<: *b\n  y: own\n---\n")
    assert matter.values["metadata"] == {"x": "1", "y": "own"}


def test_an_unquoted_colon_is_recovered_with_its_continuation_and_later_lines_stay_true() -> None:
    matter = parse(b"---\nname: a\ndescription: Use when: it's\n  asked: often\n\nlicense: MIT\n---\nx\n")
    assert matter.values["description"] == "Use when: it's asked: often"
    assert matter.values["license"] == "MIT"
    assert matter.lines["license"] == 6
    assert [(problem.code, problem.line) for problem in matter.problems] == [("unquoted-colon", 3)]


def test_a_line_end_that_only_yaml_sees_does_not_move_the_lines() -> None:
    matter = parse('---\na: "x\u2028y\u0085z"\nb: 1\n---\nbody\n'.encode())
    assert matter.lines["b"] == 3


def test_the_place_of_a_byte_that_is_not_utf_8_is_named() -> None:
    (problem,) = parse(b"\xef\xbb\xbf---\nname: caf\xe9\n---\n").problems[1:]
    assert problem.line == 2
    assert "byte 16 (0xE9)" in problem.message


def test_a_file_without_frontmatter_is_all_body() -> None:
    matter = parse(b"# Hi\n")
    assert (matter.readable, matter.body, matter.body_line) == (False, "# Hi\n", 1)


def test_the_source_comes_back_whole_without_the_mark() -> None:
    assert parse(b"\xef\xbb\xbf---\r\na: b\r\n---\r\nx").source == "---\r\na: b\r\n---\r\nx"
