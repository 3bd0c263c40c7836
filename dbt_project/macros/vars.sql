{#- The vars of a build as SQL. Whatever is malformed stops the build here: a misspelt feed or an
    unquoted date must not turn into an empty client night. -#}

{% macro text_literal(value, name) %}
    {%- if not modules.re.match('^[A-Za-z0-9_.:/=+-]*$', value | string) -%}
        {{ exceptions.raise_compiler_error(
            "var " ~ name ~ ": " ~ value ~ " has characters other than letters, digits and _.:/=+-") }}
    {%- endif -%}
    {{ return("'" ~ value ~ "'") }}
{% endmacro %}

{% macro client_id_var() %}
    {{ return(text_literal(var('client_id'), 'client_id')) }}
{% endmacro %}

{% macro business_date_var() %}
    {%- set value = var('business_date') | string -%}
    {%- if not modules.re.match('^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$', value) -%}
        {{ exceptions.raise_compiler_error("var business_date: " ~ value ~ " is not a date as YYYY-MM-DD") }}
    {%- endif -%}
    {{ return("cast('" ~ value ~ "' as date)") }}
{% endmacro %}

{#- Whether a row is of the client night being built. -#}
{% macro this_client_night() %}
    {{ return("client_id = " ~ client_id_var() ~ " and business_date = " ~ business_date_var()) }}
{% endmacro %}

{#- Whether a RAW row is of the load to read. Not by business date: a delivery that is carried forward
    belongs to an earlier one. -#}
{% macro this_delivery(feed) %}
    {%- set feeds = [
        'medical_claim', 'pharmacy_claim', 'eligibility', 'lab_result', 'practitioner', 'provider_attribution', 'patient'
    ] -%}
    {%- set deliveries = var('deliveries') -%}
    {%- if deliveries is not mapping -%}
        {{ exceptions.raise_compiler_error("var deliveries: must map feeds to delivery ids, but is " ~ deliveries) }}
    {%- endif -%}
    {%- for name in deliveries if name not in feeds -%}
        {{ exceptions.raise_compiler_error(
            "var deliveries: there is no feed " ~ name ~ "; the feeds are " ~ feeds | join(', ')) }}
    {%- endfor -%}
    {%- if deliveries.get(feed) is none -%}
        {{ return("1 = 0") }}
    {%- endif -%}
    {{ return(
        "client_id = " ~ client_id_var()
        ~ " and delivery_id = " ~ text_literal(deliveries[feed], 'deliveries.' ~ feed)
    ) }}
{% endmacro %}
