using System.Text.Json;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Privacy;

namespace AiMesh.AuthService.Privacy;

/// <summary>Operations and their steps, as rows of one organisation.</summary>
internal static class PrivacyStore
{
    private const string Columns =
        """
        id as Id, organisation as Organisation, kind as Kind, subject_salt as SubjectSalt, subject_hash as SubjectHash, subject as Subject,
        key_version as KeyVersion, pseudonym as Pseudonym, visible_only as VisibleOnly, requested_by as RequestedBy, created_at as CreatedAt,
        done_at as DoneAt, expires_at as ExpiresAt, receipt as Receipt
        """;

    public static async Task InsertAsync(
        AuthTransaction transaction, PrivacyOperation operation, TimeSpan startsIn, IEnumerable<string> services, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync(
            """
            insert into privacy_operations
                (id, organisation, kind, subject_salt, subject_hash, subject, key_version, pseudonym, visible_only, requested_by, due_at)
            values (@Id, @Organisation, @Kind, @SubjectSalt, @SubjectHash, @Subject, @KeyVersion, @Pseudonym, @VisibleOnly, @RequestedBy,
                clock_timestamp() + @startsIn)
            """,
            new
            {
                operation.Id,
                transaction.Organisation,
                operation.Kind,
                operation.SubjectSalt,
                operation.SubjectHash,
                operation.Subject,
                operation.KeyVersion,
                operation.Pseudonym,
                operation.VisibleOnly,
                operation.RequestedBy,
                startsIn,
            },
            cancellationToken);
        await transaction.ExecuteAsync(
            "insert into privacy_steps (organisation, operation, service) select @Organisation, @Id, unnest(@services)",
            new { transaction.Organisation, operation.Id, services = services.ToArray() }, cancellationToken);
    }

    public static Task<PrivacyOperation?> FindAsync(AuthTransaction transaction, string kind, string id, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<PrivacyOperation>(
            $"select {Columns} from privacy_operations where organisation = @Organisation and kind = @kind and id = @id",
            new { transaction.Organisation, kind, id }, cancellationToken);

    /// <summary>The erasure of somebody, also long after it; null where there is none.</summary>
    public static Task<PrivacyOperation?> FindErasureOfAsync(AuthTransaction transaction, string user, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<PrivacyOperation>(
            $"""
            select {Columns} from privacy_operations
            where organisation = @Organisation and kind = 'erasure' and subject_hash = sha256(subject_salt || convert_to(@user, 'UTF8'))
            """,
            new { transaction.Organisation, user }, cancellationToken);

    /// <summary>An export of somebody that is still under way for the same asker on the same terms.</summary>
    public static Task<PrivacyOperation?> FindRunningExportAsync(
        AuthTransaction transaction, string user, string requestedBy, bool visibleOnly, CancellationToken cancellationToken) =>
        transaction.QueryOneAsync<PrivacyOperation>(
            $"""
            select {Columns} from privacy_operations
            where organisation = @Organisation and kind = 'export' and done_at is null and requested_by = @requestedBy and visible_only = @visibleOnly
                and subject_hash = sha256(subject_salt || convert_to(@user, 'UTF8'))
            order by created_at limit 1
            """,
            new { transaction.Organisation, user, requestedBy, visibleOnly }, cancellationToken);

    /// <summary>In the order in which they are carried out: this service comes last, because the others need what it knows.</summary>
    public static Task<IReadOnlyList<PrivacyStep>> ListStepsAsync(AuthTransaction transaction, string operation, CancellationToken cancellationToken) =>
        transaction.QueryAsync<PrivacyStep>(
            """
            select service as Service, failed_attempts as FailedAttempts, problem as Problem, done_at as DoneAt, stores::text as StoresJson
            from privacy_steps where organisation = @Organisation and operation = @operation order by service = 'auth', service
            """,
            new { transaction.Organisation, operation }, cancellationToken);

    public static Task FinishStepAsync(
        AuthTransaction transaction, string operation, string service, IReadOnlyList<StoreCount> stores, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update privacy_steps set done_at = clock_timestamp(), problem = '', stores = @stores::jsonb
            where organisation = @Organisation and operation = @operation and service = @service
            """,
            new { transaction.Organisation, operation, service, stores = JsonSerializer.Serialize(stores) }, cancellationToken);

    /// <summary>Notes why a step waits, and puts the operation off.</summary>
    public static async Task PostponeAsync(
        AuthTransaction transaction, string operation, string service, string problem, TimeSpan firstPause, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync(
            """
            with failed as (
                update privacy_steps set failed_attempts = failed_attempts + 1, problem = @problem
                where organisation = @Organisation and operation = @operation and service = @service returning failed_attempts)
            update privacy_operations set due_at = clock_timestamp() + least(interval '1 minute', @firstPause * (2 ^ least(failed_attempts - 1, 16)))
            from failed where organisation = @Organisation and id = @operation
            """,
            new { transaction.Organisation, operation, service, problem, firstPause }, cancellationToken);

    /// <summary>Ends an operation; what it knew of the person goes.</summary>
    public static Task FinishAsync(AuthTransaction transaction, string operation, TimeSpan? lifetime, string? receipt, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            """
            update privacy_operations set done_at = clock_timestamp(), subject = null, receipt = @receipt, expires_at = clock_timestamp() + @lifetime::interval
            where organisation = @Organisation and id = @operation and done_at is null
            """,
            new { transaction.Organisation, operation, lifetime, receipt }, cancellationToken);
}
