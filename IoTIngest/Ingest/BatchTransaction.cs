using AiMesh.Iot.V1;
using AiMesh.IoTIngest.Alerts;
using AiMesh.IoTIngest.Detection;
using Npgsql;
using NpgsqlTypes;

namespace AiMesh.IoTIngest.Ingest;

/// <summary>The statements by which a batch becomes durable, all in one transaction.</summary>
internal static class BatchTransaction
{
    /// <summary>Claims the request ids. Gives the first answers of those that were stored before.</summary>
    public static async Task<Dictionary<Submission, IngestReadingsResponse>> ClaimAsync(
        NpgsqlConnection connection, List<Submission> submissions, CancellationToken cancellationToken)
    {
        var earlier = new Dictionary<Submission, IngestReadingsResponse>();
        if (submissions.Count == 0)
            return earlier;

        await using var command = new NpgsqlCommand("SELECT place, earlier FROM claim_requests($1, $2, $3)", connection)
        {
            Parameters =
            {
                new() { Value = submissions.Select(static submission => submission.Device.Number).ToArray() },
                new() { Value = submissions.Select(static submission => submission.RequestId).ToArray() },
                new() { Value = submissions.Select(static submission => Google.Protobuf.MessageExtensions.ToByteArray(submission.Response)).ToArray() },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            earlier.Add(submissions[reader.GetInt32(0) - 1], IngestReadingsResponse.Parser.ParseFrom(reader.GetFieldValue<byte[]>(1)));
        return earlier;
    }

    /// <summary>Binary COPY into the partition of one day.</summary>
    public static async Task CopyAsync(
        NpgsqlConnection connection, DateOnly day, IEnumerable<(int Organisation, Sample Sample)> rows, CancellationToken cancellationToken)
    {
        await using var import = await connection.BeginBinaryImportAsync(
            $"COPY {PartitionCatalog.TableOf(day)} (time, value, organisation, series, anomalous) FROM STDIN (FORMAT BINARY)", cancellationToken);
        foreach (var (organisation, sample) in rows)
        {
            await import.StartRowAsync(cancellationToken);
            await import.WriteAsync(sample.Time, NpgsqlDbType.TimestampTz, cancellationToken);
            await import.WriteAsync(sample.Value, NpgsqlDbType.Double, cancellationToken);
            await import.WriteAsync(organisation, NpgsqlDbType.Integer, cancellationToken);
            await import.WriteAsync(sample.Series, NpgsqlDbType.Integer, cancellationToken);
            if (sample.Anomalous)
                await import.WriteAsync(true, NpgsqlDbType.Boolean, cancellationToken);
            else
                await import.WriteNullAsync(cancellationToken);
        }

        await import.CompleteAsync(cancellationToken);
    }

    /// <summary>Everything beside the readings, in one round trip; nothing where there is nothing.</summary>
    public static async Task WriteEffectsAsync(
        NpgsqlConnection connection, IReadOnlyCollection<int> seen, DateTime now, List<DeadLetter> letters,
        List<(int Series, DateTime Through, byte[] State)> states, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (seen.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT touch_devices($1, $2)")
            {
                Parameters = { new() { Value = seen.ToArray() }, new() { Value = now } },
            });
        }

        if (letters.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "INSERT INTO dead_letters (organisation, device, source, reason, payload) SELECT * FROM unnest($1, $2, $3, $4, $5)")
            {
                Parameters =
                {
                    new() { Value = letters.Select(static letter => letter.Device.Organisation).ToArray() },
                    new() { Value = letters.Select(static letter => letter.Device.Id).ToArray() },
                    new() { Value = letters.Select(static letter => letter.Source).ToArray() },
                    new() { Value = letters.Select(static letter => letter.Reason).ToArray() },
                    new() { Value = letters.Select(static letter => letter.Payload).ToArray() },
                },
            });
        }

        if (states.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT save_detector_states($1, $2, $3)")
            {
                Parameters =
                {
                    new() { Value = states.Select(static state => state.Series).ToArray() },
                    new() { Value = states.Select(static state => state.Through).ToArray() },
                    new() { Value = states.Select(static state => state.State).ToArray() },
                },
            });
        }

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The alerts that changed, as they are now.</summary>
    public static async Task<List<(string Organisation, AlertRecord Alert)>> WriteAlertsAsync(
        NpgsqlConnection connection, IReadOnlyList<AlertChange> changes, CancellationToken cancellationToken) =>
        changes.Count == 0 ? [] : await AlertWriter.WriteAsync(connection, changes, cancellationToken);
}
