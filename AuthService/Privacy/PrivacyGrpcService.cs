using System.Text;
using AiMesh.Auth.V1;
using AiMesh.AuthService.Storage;
using AiMesh.ServiceDefaults.Errors;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.ServiceDefaults.Identity.Tokens;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Contract = AiMesh.Auth.V1.Privacy;

namespace AiMesh.AuthService.Privacy;

internal sealed class PrivacyGrpcService(
    AuthDatabase database, PrivacyRequests requests, MeshPersonalData mesh, PrivacyRunner runner, Receipts receipts) : Contract.PrivacyBase
{
    public override async Task<Export> ExportUser(ExportUserRequest request, ServerCallContext context)
    {
        var begun = (await requests.ExportAsync(context.GetPrincipal(), request.User, mesh.Services, context.CancellationToken)).OrThrow();
        runner.Wake();
        return await ExportOfAsync(begun.Organisation, begun.Id, context.CancellationToken) ?? throw new NotFound("export", begun.Id).ToRpcException();
    }

    public override async Task<Export> GetExport(GetExportRequest request, ServerCallContext context)
    {
        var caller = context.GetPrincipal();
        await using (var transaction = await database.BeginAsync(caller.Organisation, context.CancellationToken))
        {
            var operation = await PrivacyStore.FindAsync(transaction, PrivacyOperation.Export, request.Export, context.CancellationToken);
            if (operation?.RequestedBy != caller.Subject) throw new NotFound("export", request.Export).ToRpcException();
        }

        return await ExportOfAsync(caller.Organisation, request.Export, context.CancellationToken) ?? throw new NotFound("export", request.Export).ToRpcException();
    }

    public override async Task<Erasure> EraseUser(EraseUserRequest request, ServerCallContext context)
    {
        var begun = (await requests.EraseAsync(context.GetPrincipal(), request.User, request.EvenLastAdministrator, mesh.Services, context.CancellationToken)).OrThrow();
        runner.Wake();
        return await ErasureOfAsync(begun.Organisation, begun.Id, context.CancellationToken) ?? throw new NotFound("erasure", begun.Id).ToRpcException();
    }

    public override async Task<Erasure> GetErasure(GetErasureRequest request, ServerCallContext context)
    {
        var organisation = await database.QueryOneAsync<string>("select find_erasure(@Erasure)", new { request.Erasure }, context.CancellationToken);
        var erasure = organisation is null ? null : await ErasureOfAsync(organisation, request.Erasure, context.CancellationToken);
        return erasure ?? throw new NotFound("erasure", request.Erasure).ToRpcException();
    }

    public override async Task<VerifyReceiptResponse> VerifyReceipt(VerifyReceiptRequest request, ServerCallContext context)
    {
        if (request.Receipt.Length is 0 or > SignedStatement.MaxLength)
            throw new InvalidField("receipt", $"must have 1 to {SignedStatement.MaxLength} characters").ToRpcException();
        var keys = await receipts.KeysAsync(context.CancellationToken);
        if (!SignedStatement.TryVerify(keys, Receipts.Type, request.Receipt, out var statement, out var problem)) return new VerifyReceiptResponse { Problem = problem };
        return new VerifyReceiptResponse
        {
            Valid = true,
            Statement = Encoding.UTF8.GetString(statement),
            ConcernsUser = request.User.Length > 0 && Receipts.Concerns(statement, request.User),
        };
    }

    private async Task<Export?> ExportOfAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(organisation, cancellationToken);
        if (await PrivacyStore.FindAsync(transaction, PrivacyOperation.Export, id, cancellationToken) is not { } operation) return null;
        var steps = await PrivacyStore.ListStepsAsync(transaction, id, cancellationToken);
        var export = new Export { Id = id, State = StateOf(operation, steps), CreateTime = Timestamp.FromDateTime(operation.CreatedAt), Steps = { steps.Select(ToMessage) } };
        if (operation.ExpiresAt is { } expires) export.ExpireTime = Timestamp.FromDateTime(expires);
        return export;
    }

    private async Task<Erasure?> ErasureOfAsync(string organisation, string id, CancellationToken cancellationToken)
    {
        await using var transaction = await database.BeginAsync(organisation, cancellationToken);
        if (await PrivacyStore.FindAsync(transaction, PrivacyOperation.Erasure, id, cancellationToken) is not { } operation) return null;
        var steps = await PrivacyStore.ListStepsAsync(transaction, id, cancellationToken);
        var erasure = new Erasure
        {
            Id = id,
            State = StateOf(operation, steps),
            CreateTime = Timestamp.FromDateTime(operation.CreatedAt),
            Receipt = operation.Receipt ?? "",
            Steps = { steps.Select(ToMessage) },
        };
        if (operation.DoneAt is { } done) erasure.DoneTime = Timestamp.FromDateTime(done);
        return erasure;
    }

    private static OperationState StateOf(PrivacyOperation operation, IEnumerable<PrivacyStep> steps) =>
        operation.DoneAt is not null ? OperationState.Done : steps.Any(static step => step.Problem.Length > 0) ? OperationState.Waiting : OperationState.Running;

    private static OperationStep ToMessage(PrivacyStep step) => new()
    {
        Service = step.Service,
        State = step.DoneAt is not null ? OperationState.Done : step.Problem.Length > 0 ? OperationState.Waiting : OperationState.Running,
        FailedAttempts = step.FailedAttempts,
        Problem = step.Problem,
    };
}
