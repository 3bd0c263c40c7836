{#- Over the client night each column of the model adds up to an aggregate over its parts, taken together:
    no join lost a row or doubled one. `sums` maps the column to the aggregate, `parts` are names of models. -#}
{% test adds_up(model, sums, parts) %}
with
{%- for part in parts %}
part_{{ loop.index }} as (
    select {% for column, aggregate in sums.items() %}{{ aggregate }} as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ ref(part) }}
    where {{ this_client_night() }}
),
{%- endfor %}

parts as (
    {%- for part in parts %}
    select * from part_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

expected as (
    select {% for column in sums %}coalesce(sum({{ column }}), 0) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from parts
),

found as (
    select {% for column in sums %}coalesce(sum({{ column }}), 0) as {{ column }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ model }}
)

select
    {%- for column in sums %}
    expected.{{ column }} as expected_{{ column }},
    found.{{ column }} as found_{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from expected
cross join found
where {% for column in sums %}expected.{{ column }} <> found.{{ column }}{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
