"""What Snowflake's documentation rules out though its grammar takes it."""

from sqlglot import exp, parse_one


def correlated(subquery: exp.Expression) -> bool:
    """Whether it names a table that is not its own."""
    own = {table.alias_or_name for table in subquery.find_all(exp.Table)}
    return any(column.table and column.table not in own for column in subquery.find_all(exp.Column))


def test_no_correlated_exists_is_an_argument_of_or(night: dict[str, list[str]]) -> None:
    """docs.snowflake.com/sql-reference/operators-subquery: «cannot appear as an argument to an OR operator»."""
    found = {
        statement
        for of_role in night.values()
        for statement in of_role
        for either in parse_one(statement, read="snowflake").find_all(exp.Or)
        for exists in either.find_all(exp.Exists)
        if correlated(exists)
    }
    assert not found
