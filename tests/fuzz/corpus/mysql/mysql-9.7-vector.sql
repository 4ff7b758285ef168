CREATE TABLE `vector` (
  `a` vector(3) DEFAULT NULL,
  `b` vector(2048) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci