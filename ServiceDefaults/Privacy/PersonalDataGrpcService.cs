using AiMesh.Common.V1;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Contract = AiMesh.Common.V1.PersonalData;

namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>Serves a service's <see cref="IPersonalData"/> to AuthService.</summary>
internal sealed class PersonalDataGrpcService(IPersonalData data) : Contract.PersonalDataBase
{
    public override async Task ExportPersonalData(
        ExportPersonalDataRequest request, IServerStreamWriter<ExportPersonalDataResponse> responseStream, ServerCallContext context)
    {
        var subject = SubjectOf(context, request.Person);
        var writer = new SectionWriter((section, piece, cancellationToken) =>
            responseStream.WriteAsync(new ExportPersonalDataResponse { Section = section, Piece = ByteString.CopyFrom(piece.Span) }, cancellationToken));
        await data.ExportAsync(subject, request.VisibleOnly, writer, context.CancellationToken);
    }

    public override async Task<ErasePersonalDataResponse> ErasePersonalData(ErasePersonalDataRequest request, ServerCallContext context)
    {
        var subject = SubjectOf(context, request.Person);
        if (request.RequestId.Length == 0) throw new InvalidField("request_id", "is required").ToRpcException();
        if (!request.Pseudonym.StartsWith(ErasureOrder.PseudonymPrefix, StringComparison.Ordinal))
            throw new InvalidField("pseudonym", $"must begin with '{ErasureOrder.PseudonymPrefix}'").ToRpcException();

        var report = await data.EraseAsync(new ErasureOrder(request.RequestId, subject, request.Pseudonym), context.CancellationToken);
        return new ErasePersonalDataResponse
        {
            Stores = { report.Stores.Select(static count => new ErasedStore { Store = count.Store, Erased = count.Erased, Pseudonymised = count.Pseudonymised }) },
            Found = report.Found,
        };
    }

    /// <summary>
    /// Only AuthService acts so, for itself. Its token says that, as its certificate does; a person or client who holds every permission
    /// does not get here, also where mutual TLS is switched off.
    /// </summary>
    private static DataSubject SubjectOf(ServerCallContext context, Person? person)
    {
        var caller = context.GetPrincipal();
        if (caller is not { Kind: PrincipalKind.Client, Subject: PersonalDataExtensions.Authority }) throw new PermissionDenied("mesh:personal_data").ToRpcException();
        if (person is not { Id.Length: > 0 }) throw new InvalidField("person.id", "is required").ToRpcException();
        return new DataSubject(caller.Organisation, person.Id, person.Email, person.DisplayName) { Roles = [.. person.Roles] };
    }
}
