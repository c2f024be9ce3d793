using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Privacy;
using Grpc.Core;

namespace AiMesh.AuthService.Privacy;

/// <summary>What another service keeps about people.</summary>
internal sealed class RemotePersonalData(PersonalData.PersonalDataClient client, ServiceTokens tokens, TimeSpan timeout, TimeProvider time) : IPersonalData
{
    public async Task ExportAsync(DataSubject subject, bool visibleOnly, SectionWriter writer, CancellationToken cancellationToken)
    {
        using var call = client.ExportPersonalData(
            new ExportPersonalDataRequest { Person = PersonOf(subject), VisibleOnly = visibleOnly }, Options(subject, "mesh:personal_data:export", cancellationToken));
        while (await call.ResponseStream.MoveNext(cancellationToken))
            await writer.ForwardAsync(call.ResponseStream.Current.Section, call.ResponseStream.Current.Piece.Memory, cancellationToken);
    }

    public async Task<ErasureReport> EraseAsync(ErasureOrder order, CancellationToken cancellationToken)
    {
        var answer = await client.ErasePersonalDataAsync(
            new ErasePersonalDataRequest { Person = PersonOf(order.Subject), RequestId = order.RequestId, Pseudonym = order.Pseudonym },
            Options(order.Subject, "mesh:personal_data:erase", cancellationToken));
        return new ErasureReport([.. answer.Stores.Select(static store => new StoreCount(store.Store, store.Erased, store.Pseudonymised))], answer.Found);
    }

    private CallOptions Options(DataSubject subject, string permission, CancellationToken cancellationToken) => new(
        new Metadata { { "authorization", $"Bearer {tokens.Issue(subject.Organisation, permission)}" } },
        (time.GetUtcNow() + timeout).UtcDateTime,
        cancellationToken);

    private static Person PersonOf(DataSubject subject) =>
        new() { Id = subject.Id, Email = subject.Email, DisplayName = subject.DisplayName, Roles = { subject.Roles } };
}
