using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.IoTIngest.Privacy;

/// <summary>
/// What is kept about people here: who registered a device or acknowledged an alert, and texts that name somebody. Devices belong to the
/// organisation and stay.
/// </summary>
internal sealed class IotPersonalData(PersonalTables tables) : IPersonalData
{
    private const string NamesThePerson = "(display_name ~* @pattern OR device_type ~* @pattern OR metadata::text ~* @pattern OR array_to_string(groups, E'\\n') ~* @pattern)";

    private static readonly PersonalTable[] Tables =
    [
        new("devices",
            $"""
            SELECT (to_jsonb(devices) - 'organisation' - 'number' - 'credential_id' - 'credential_hash')::text FROM devices
            WHERE organisation = @organisation AND (registered_by = @subject OR {NamesThePerson}) ORDER BY id
            """)
        {
            Pseudonymise =
                $"""
                UPDATE devices SET
                    registered_by = CASE WHEN registered_by = @subject THEN @pseudonym ELSE registered_by END,
                    display_name = regexp_replace(display_name, @pattern, @pseudonym, 'gi'),
                    device_type = regexp_replace(device_type, @pattern, @pseudonym, 'gi'),
                    metadata = regexp_replace(metadata::text, @pattern, @pseudonym, 'gi')::jsonb,
                    groups = ARRAY(SELECT regexp_replace(name, @pattern, @pseudonym, 'gi') FROM unnest(groups) WITH ORDINALITY AS g (name, place) ORDER BY place)
                WHERE organisation = @organisation AND (registered_by = @subject OR {NamesThePerson})
                """,
        },
        new("alerts",
            """
            SELECT (to_jsonb(alerts) - 'organisation' - 'series')::text FROM alerts
            WHERE organisation = @organisation AND acknowledged_by = @subject ORDER BY start_time, id
            """)
        {
            Pseudonymise = "UPDATE alerts SET acknowledged_by = @pseudonym WHERE organisation = @organisation AND acknowledged_by = @subject",
        },
        new("dead_letters",
            """
            SELECT (to_jsonb(dead_letters) - 'organisation')::text FROM dead_letters
            WHERE organisation = @organisation AND (payload ~* @pattern OR reason ~* @pattern) ORDER BY id
            """)
        {
            Delete = "DELETE FROM dead_letters WHERE organisation = @organisation AND (payload ~* @pattern OR reason ~* @pattern)",
        },
    ];

    public Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken) =>
        tables.ExportAsync(subject, Tables, writer, cancellationToken);

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        var found = await tables.EraseAsync(order, Tables, prelude: null, cancellationToken);
        return new ErasureReport(await tables.ReportAsync(order.RequestId, cancellationToken), found);
    }
}
