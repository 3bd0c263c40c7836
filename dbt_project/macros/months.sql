{#- The month of a date or time as YYYY-MM; 'unknown' where there is no date. to_char is the same in both warehouses. -#}
{% macro year_month(date) %}cast(coalesce(to_char({{ date }}, 'YYYY-MM'), 'unknown') as varchar){% endmacro %}

{#- The month of service of a medical claim line. -#}
{% macro medical_year_month() %}
    {{- year_month('coalesce(claim_line_start_date, claim_start_date, paid_date)') -}}
{% endmacro %}

{#- A join that repeats each row once per number from 0 to `last`, as numbers.value. It makes only the rows
    that are needed; dbt's date spine would compare every span with every month since 1900. -#}
{% macro numbers_to(last) %}{{ adapter.dispatch('numbers_to')(last) }}{% endmacro %}

{% macro postgres__numbers_to(last) %}lateral generate_series(0, {{ last }}) as numbers (value){% endmacro %}

{% macro snowflake__numbers_to(last) -%}
    lateral flatten(input => array_generate_range(0, {{ last }} + 1)) as numbers
{%- endmacro %}
