"""Digests find what was changed, and reports are read without mercy."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import BadInput
from conformance.judge.words import Verdict
from conformance.report.canonical import canonical, digest, parse
from conformance.report.evidence import mark_evidence
from conformance.report.model import Report
from conformance.report.reading import read_report, read_reports
from conformance.report.seal import digest_of
from conformance.tests.reports import case_record, report


def written(tmp_path: Path, name: str = "report.json", **changes: Any) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    made = json.loads(report(case_record("s/one"), case_record("s/two", Verdict.FAIL)).to_json())
    path.write_text(json.dumps({**made, **changes}))
    return path


class TestCanonical:
    def test_order_and_white_space_play_no_part(self) -> None:
        assert digest(parse(b'{"b": [1, 2.0], "a": "\\u00e4"}')) == digest(parse('{"a":"ä","b":[1,2.0]}'.encode()))

    def test_the_text_is_ascii_and_sorted(self) -> None:
        assert canonical({"b": None, "a": "ä\ud800"}) == b'{"a":"\\u00e4\\ud800","b":null}'

    @pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False), ("1", 1), ([], {}), ("", None)])
    def test_values_that_python_takes_for_equal_are_told_apart(self, one: Any, other: Any) -> None:
        assert digest(one) != digest(other)

    @pytest.mark.parametrize(
        "text",
        [b'{"a": 1, "a": 2}', b'{"x": {"a": 1, "a": 1}}', b"NaN", b"[Infinity]", b"\xff", b"", b"{", b"[" * 100_000],
    )
    def test_what_two_readers_could_read_differently_is_refused(self, text: bytes) -> None:
        with pytest.raises(ValueError, match=r"."):
            parse(text)

    @pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400, "-1" + "0" * 400])
    def test_no_number_is_infinite_to_whom_it_is_a_fraction(self, number: str) -> None:
        with pytest.raises(ValueError, match="is too large"):
            parse(f'{{"a": [{number}]}}'.encode())
        assert parse(b"[1e308, -1e308, 1e-999]") == [1e308, -1e308, 0.0]


class TestSeal:
    def test_a_report_has_the_digests_of_its_cases_and_of_the_whole(self) -> None:
        made = json.loads(report(case_record("s/one"), case_record("s/two")).to_json())
        assert made["digest"] == digest_of(made)
        assert [case["digest"] for case in made["cases"]] == [digest_of(case) for case in made["cases"]]
        assert len({made["digest"], *(case["digest"] for case in made["cases"])}) == 3

    def test_a_digest_is_over_all_else_that_is_said(self) -> None:
        whole = json.loads(report(case_record("s/one"), case_record("s/two", Verdict.FAIL)).to_json())
        for part in (whole, *whole["cases"]):
            for key in part.keys() - {"digest"}:
                assert digest_of({**part, key: "another"}) != digest_of(part), key

    def test_what_is_written_and_read_again_has_the_same_digest(self) -> None:
        made = report(case_record("s/one", title="ä€\u2028"))
        assert digest_of(parse(made.to_json().encode())) == made.digest
        assert Report.model_validate_json(made.to_json()) == made


class TestReading:
    def test_a_report_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        path = written(tmp_path)
        file = read_report(path)
        assert file.path == path
        assert file.report == report(case_record("s/one"), case_record("s/two", Verdict.FAIL))
        assert file.written == json.loads(path.read_text())

    def test_folders_are_searched_and_no_file_is_read_twice(self, tmp_path: Path) -> None:
        one, two = written(tmp_path, "b/x/report.json"), written(tmp_path, "a/report.json")
        written(tmp_path, "a/other.json")
        assert [file.path for file in read_reports([one, tmp_path])] == [one, two]

    def test_what_migrate_saw_is_no_run_unless_it_is_named(self, tmp_path: Path) -> None:
        run = written(tmp_path, "out/traefik/report.json")
        (tmp_path / "out/moved").mkdir()
        mark_evidence(tmp_path / "out/moved/asked")
        marked = written(tmp_path, "out/moved/asked/traefik/report.json")
        older = written(tmp_path, "out/older/asked/traefik/report.json")
        (tmp_path / "out/older/migration.json").write_text("{}")
        assert [file.path for file in read_reports([tmp_path])] == [run]
        for evidence in (marked, older):
            for named in (evidence, evidence.parent, evidence.parents[1]):
                assert [file.path for file in read_reports([named])] == [evidence]
            with pytest.raises(BadInput, match="only what `migrate` saw") as caught:
                read_reports([evidence.parents[2]])
            assert str(evidence.parents[1]) in caught.value.hint

    def test_a_run_in_a_folder_of_that_name_is_a_run(self, tmp_path: Path) -> None:
        run = written(tmp_path, "asked/traefik/report.json")
        assert [file.path for file in read_reports([tmp_path])] == [run]

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"schemaVersion": "2"}, "schema version '2'"),
            ({"schemaVersion": None}, "is JSON, but no report of a run"),
            ({"schemaVersion": 1}, "is JSON, but no report of a run"),
            ({"suite": "0.2.0"}, "is JSON, but no report of a run"),
            ({"cases": [{}]}, r"cases\.0\."),
            ({"cases": "none"}, "cases: "),
            ({"more": 1}, "more: "),
            ({"run": {"started": 7}}, r"run\.started"),
        ],
    )
    def test_what_is_no_report_is_refused_with_its_place(self, tmp_path: Path, changes: Any, said: str) -> None:
        path = written(tmp_path, **changes)
        with pytest.raises(BadInput, match=said) as caught:
            read_report(path)
        assert caught.value.where == str(path)
        assert caught.value.hint

    @pytest.mark.parametrize(
        "text", [b"", b"[]", b"7", b"{", b"\xff\xfe", b'{"schemaVersion": "1", "cases": [], "cases": []}']
    )
    def test_garbage_is_refused(self, tmp_path: Path, text: bytes) -> None:
        (tmp_path / "report.json").write_bytes(text)
        with pytest.raises(BadInput, match=r"is no JSON|holds no JSON object"):
            read_report(tmp_path / "report.json")

    def test_nothing_there_is_bad_input(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="No such file"):
            read_reports([tmp_path / "none.json"])
        with pytest.raises(BadInput, match=r"no report\.json below"):
            read_reports([tmp_path])

    def test_a_file_without_end_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("conformance.report.reading.MAX_BYTES", 1 << 20)
        with pytest.raises(BadInput, match="has more than 1 MiB"):
            read_report(Path("/dev/zero"))
