CREATE TABLE `foreign_other` (
  `a` int DEFAULT NULL,
  KEY `fo` (`a`),
  CONSTRAINT `fo` FOREIGN KEY (`a`) REFERENCES `test_schema`.`other` (`id`) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci