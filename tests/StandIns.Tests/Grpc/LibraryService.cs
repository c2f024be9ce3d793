using AiMesh.StandIns.Tests.Grpc.Library;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace AiMesh.StandIns.Tests.Grpc;

/// <summary>Answers with the request as it arrived, so that tests see what was bound where.</summary>
public sealed class LibraryService : Library.Library.LibraryBase
{
    public override Task<Book> GetBook(GetBookRequest request, ServerCallContext context) => request.Name switch
    {
        "missing" => throw new RpcException(new Status(StatusCode.NotFound, "No such book.")),
        "broken" => throw new InvalidOperationException("secret of the handler"),
        "nothing" => Task.FromResult<Book>(null!),
        "status" => EndWithStatus(context),
        "headers" => SendHeadersAsync(request, context),
        _ => Task.FromResult(new Book { Name = request.Name, Title = context.GetHttpContext().Request.Method }),
    };

    public override Task<ListBooksResponse> ListBooks(ListBooksRequest request, ServerCallContext context) => Task.FromResult(new ListBooksResponse { Request = request });

    public override Task<ListBooksResponse> ListTitles(ListBooksRequest request, ServerCallContext context) =>
        Task.FromResult(new ListBooksResponse { Books = { new Book { Title = "a" }, new Book { Title = "b" } } });

    public override Task<Book> CreateBook(CreateBookRequest request, ServerCallContext context)
    {
        var book = request.Book ?? new Book { Title = "no book" };
        book.Name = $"{request.Parent}/books/{request.RequestId}";
        return Task.FromResult(book);
    }

    public override Task<Book> UpdateBook(UpdateBookRequest request, ServerCallContext context)
    {
        request.Book.Tags.AddRange(request.UpdateMask?.Paths ?? []);
        return Task.FromResult(request.Book);
    }

    public override Task<Book> ReplaceBook(Book request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Empty> DeleteBook(GetBookRequest request, ServerCallContext context) => Task.FromResult(new Empty());

    public override Task<ListBooksResponse> ImportBooks(ImportBooksRequest request, ServerCallContext context) =>
        Task.FromResult(new ListBooksResponse { Books = { request.Books }, NextPageToken = request.Parent });

    public override Task<Book> Archive(GetBookRequest request, ServerCallContext context) => Task.FromResult(new Book { Name = request.Name, Title = "archived" });

    public override Task<Book> GetFile(GetBookRequest request, ServerCallContext context) => Task.FromResult(new Book { Name = request.Name });

    public override Task<AddTagsRequest> AddTags(AddTagsRequest request, ServerCallContext context) => Task.FromResult(request);

    public override Task<Book> Probe(GetBookRequest request, ServerCallContext context) => Task.FromResult(new Book { Name = request.Name, Title = "probed" });

    public override async Task WatchBooks(ListBooksRequest request, IServerStreamWriter<Book> responseStream, ServerCallContext context)
    {
        for (var index = 0; index < request.PageSize; index++)
            await responseStream.WriteAsync(new Book { Pages = index, Title = "line\nbreak" }, context.CancellationToken);
        if (request.PageToken == "fail")
            throw new RpcException(new Status(StatusCode.Unavailable, "Half way."));
        if (request.PageToken == "hang")
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
    }

    public override Task<HttpBody> Download(GetBookRequest request, ServerCallContext context) =>
        Task.FromResult(new HttpBody { ContentType = "text/csv", Data = ByteString.CopyFromUtf8("a,b\n1,2\n") });

    public override async Task DownloadParts(GetBookRequest request, IServerStreamWriter<HttpBody> responseStream, ServerCallContext context)
    {
        foreach (var part in (string[])["one,", "two"])
            await responseStream.WriteAsync(new HttpBody { ContentType = "text/plain", Data = ByteString.CopyFromUtf8(part) });
    }

    public override Task<Book> Upload(UploadRequest request, ServerCallContext context) =>
        Task.FromResult(new Book { Name = request.Name, Title = request.File.ContentType, Pages = request.File.Data.Length });

    public override Task Talk(IAsyncStreamReader<Book> requestStream, IServerStreamWriter<Book> responseStream, ServerCallContext context) => Task.CompletedTask;

    private static Task<Book> EndWithStatus(ServerCallContext context)
    {
        context.Status = new Status(StatusCode.FailedPrecondition, "Not now.");
        return Task.FromResult(new Book());
    }

    private static async Task<Book> SendHeadersAsync(GetBookRequest request, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync(new Metadata { { "x-shelf", "7" }, { "x-mark-bin", [1, 2] } });
        return new Book { Name = request.Name };
    }
}
